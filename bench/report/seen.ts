// What was seen, to be asked: the medians of a measure, by its section, who, and under which load.
import { loadOf, type Figures, type Measure, type Section } from "../measures/measure.ts";
import type { Results } from "../rounds.ts";
import { mediansOf } from "./medians.ts";

export interface Row {
  readonly measure: Measure;
  readonly rounds: readonly Figures[];
  readonly figures: Figures;
}

/** Cores: a run during which everything else was busy on more says more of that than of the peer, and is left out. */
export const CALM = 0.25;

export class Seen {
  readonly #rows: readonly Row[];
  /** How many runs were left out, of how many. */
  readonly leftOut: number;
  readonly taken: number;

  constructor(results: Results) {
    const all = [...results].filter(([, rounds]) => rounds.length > 0);
    this.#rows = all.map(([measure, rounds]) => {
      const calm = rounds.filter(({ others = 0 }) => others <= CALM);
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
}
