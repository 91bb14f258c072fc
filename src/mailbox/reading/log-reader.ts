// Readers of the log, as the pump and the acks see them: v1 connections, plain sockets, and pages over HTTP. Types
// only. It knows no WebSocket, no token and no attachment: connections/ adds those.
import type { Head } from "../../durable/log/entry.ts";
import type { TextPace } from "./text-pace.ts";

/**
 * A part of what is under way to a device: the seq of its last log frame, the number of entries and marks in it that
 * were not acknowledged, and the bytes of all of them.
 */
export type UnackedPart = readonly [seq: number, count: number, bytes: number];

/** Where the frames of a connection wait for the flush. */
interface LogOutput {
  /** Bytes of frames that nobody acknowledges, queued since the device last acknowledged anything. */
  unreadBytes: number;
  readonly pace: TextPace;
  /**
   * `canWait`: they need not be flushed before the next frame that can't wait. `textEnds`: after how many of them a
   * text ends.
   */
  queueLogFrames(frames: readonly string[], canWait: boolean, textEnds: readonly number[]): void;
  /** A frame that is not of the log. */
  queueFrame(frame: string): void;
}

/** What any connection has of the log. */
interface Reading {
  readonly device: string;
  /** The log was sent to it up to this seq. */
  position: number;
  /** Its device holds the log up to this seq. A plain socket acknowledges nothing: its device holds what was sent. */
  acked: number;
  /** Entries and marks that the device holds beyond the cursor in its row. */
  ackedSincePersist: number;
  /** Whether its acks advance the watermark `delivered`: it started at or below it. */
  readonly advancesDelivered: boolean;
}

/**
 * A connection that acknowledges: a WebSocket (`v1`), or server-sent events (`stream`), whose acks are its next
 * request.
 */
export interface V1Reading extends Reading {
  readonly kind: "v1" | "stream";
  /** The head when it opened. Entries of its device above it came over this very connection. */
  readonly opened: number;
  /** Whether its device reads frames for runs. */
  readonly runs: boolean;
  /** Whether its device reads early marks. */
  readonly early: boolean;
  /** Whether its device reads relations. */
  readonly relations: boolean;
  unacked: UnackedPart[];
}

export interface PlainReading extends Reading {
  readonly kind: "plain";
}

/** What this instance knows of a connection that the log is sent to. */
export interface Connected {
  readonly output: LogOutput;
  /** Whether it differs from its attachment. */
  changed: boolean;
  /** The version up to which it was sent early marks; -1 for none. */
  earlySent: number;
  /** Whether its window was full, and was not acknowledged far enough since. */
  isBlocked: boolean;
  /** The seqs of the log frames of a part that ends with `last`, once it was acknowledged in part. */
  sentSeqs: { readonly last: number; readonly seqs: readonly number[] } | null;
}

export type V1Reader = V1Reading & Connected;
export type PlainReader = PlainReading & Connected;

/**
 * A page over HTTP: as a v1 connection with a window of `limit` frames, of which nothing is ever acknowledged.
 * `removed`: the messages up to `position` that it lacks because the user removed them.
 */
export interface PageReader {
  readonly kind: "page";
  readonly limit: number;
  /** Whether it has relations. */
  readonly relations: boolean;
  position: number;
  readonly unacked: UnackedPart[];
  readonly frames: string[];
  readonly removed: Head[];
}

export type LogReader = V1Reader | PlainReader | PageReader;
