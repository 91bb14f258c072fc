// What was seen, to be asked: the medians of a measure, by its section, who, and under which load.
import { loadOf, type Figures, type Measure, type Section } from "../measures/measure.ts";
import type { Results } from "../rounds.ts";
import { mediansOf } from "./medians.ts";

export interface Row {
  readonly measure: Measure;
  readonly rounds: readonly Figures[];
  readonly figures: Figures;
}

export class Seen {
  readonly #rows: readonly Row[];

  constructor(results: Results) {
    const taken = [...results].filter(([, rounds]) => rounds.length > 0);
    this.#rows = taken.map(([measure, rounds]) => ({ measure, rounds, figures: mediansOf(rounds) }));
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
