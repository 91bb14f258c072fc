// What was seen, to be asked: the medians of a measure, by its section, who, and under which load.
import { loadOf, type Figures, type Measure, type Section } from "../measures/measure.ts";
import type { Results } from "../rounds.ts";
import { median, mediansOf } from "./medians.ts";

export interface Row {
  readonly measure: Measure;
  /** Those that count. */
  readonly rounds: readonly Figures[];
  readonly figures: Figures;
}

/** Cores: a run during which everything else was busy on more says more of that than of the peer, and is left out. */
export const CALM = 0.25;

export class Seen {
  readonly #rows: readonly Row[];
  readonly #results: Results;
  /** How many runs were left out, of how many. */
  readonly leftOut: number;
  readonly taken: number;

  constructor(results: Results) {
    const all = [...results].filter(([, rounds]) => rounds.length > 0);
    this.#results = results;
    this.#rows = all.map(([measure, rounds]) => {
      const calm = rounds.filter(isCalm);
      const used = calm.length > 0 ? calm : rounds;
      return { measure, rounds: used, figures: mediansOf(used) };
    });
    this.taken = all.reduce((sum, [, rounds]) => sum + rounds.length, 0);
    this.leftOut = this.taken - this.#rows.reduce((sum, { rounds }) => sum + rounds.length, 0);
  }

  rows(section: Section): readonly Row[] {
    return this.#rows.filter(({ measure }) => measure.section === section);
  }

  /** How often each section was measured, in words. */
  get rounds(): string {
    const sections = new Map<Section, number>();
    for (const { measure, rounds } of this.#rows) {
      sections.set(measure.section, Math.min(rounds.length, sections.get(measure.section) ?? rounds.length));
    }
    return [...sections].map(([section, rounds]) => `${section} ${rounds}`).join(", ");
  }

  /** A figure of every run. */
  all(of: keyof Figures): readonly number[] {
    return this.#rows.flatMap(({ rounds }) => rounds.flatMap((figures) => figures[of] ?? []));
  }

  /** Names of those who took part, in order, each once. */
  names(section: Section): readonly string[] {
    return [...new Set(this.rows(section).map(({ measure }) => measure.entrant.name))];
  }

  row(section: Section, name: string, load?: string): Row | undefined {
    return this.rows(section).find(({ measure }) => {
      return measure.entrant.name === name && (load === undefined || loadOf(measure.load) === load);
    });
  }

  /** NaN where it was not measured. */
  figure(section: Section, name: string, load: string | undefined, of: keyof Figures): number {
    return this.row(section, name, load)?.figures[of] ?? Number.NaN;
  }

  /**
   * A figure of one beside that of another: the median over the rounds of their ratio, because what is measured one shortly after the
   * other is measured on the same machine, and after an hour it may be another. Rounds are told apart by their place, so all measures have to be
   * taken in each. Of the medians, where no round has both.
   */
  beside(section: Section, name: string, other: string, load: string | undefined, of: keyof Figures): number {
    const roundsOf = (who: string) => {
      const row = this.row(section, who, load);
      return row === undefined ? [] : (this.#results.get(row.measure) ?? []);
    };
    const others = roundsOf(other);
    const ratios = roundsOf(name).flatMap((figures, i) => {
      const theirs = others[i];
      return theirs !== undefined && isCalm(figures) && isCalm(theirs) ? ratioOf(figures[of], theirs[of]) : [];
    });
    if (ratios.length > 0) return median(ratios);
    return this.figure(section, name, load, of) / this.figure(section, other, load, of);
  }
}

function isCalm({ others = 0 }: Figures): boolean {
  return others <= CALM;
}

function ratioOf(one = Number.NaN, other = Number.NaN): number {
  return one / other;
}
