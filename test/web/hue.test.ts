// The colours of names: they spread, also over names that differ in their last characters alone.
import { expect, test } from "vitest";
import { hueOf } from "../../src/web/hue.ts";

const SECTORS = 12;

test.each([
  ["friend1 to friend300", Array.from({ length: 300 }, (_, i) => `friend${i + 1}`)],
  ["friend290 to friend299", Array.from({ length: 10 }, (_, i) => `friend${290 + i}`)],
  ["names of one letter", [..."abcdefghijklmnopqrstuvwxyz"]],
  ["Chinese names of one family", [..."伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂"].map((given) => `王${given}`)],
])("%s have colours of the whole circle", (_, names) => {
  const counts = new Array<number>(SECTORS).fill(0);
  for (const name of names) counts[Math.floor((hueOf(name) / 360) * SECTORS)]! += 1;
  // As evenly as dice fall: no sector has more than twice its share and a few.
  expect(Math.max(...counts)).toBeLessThanOrEqual((names.length / SECTORS) * 2 + 3);
  expect(counts.filter((count) => count > 0).length).toBeGreaterThanOrEqual(Math.min(SECTORS * 0.75, names.length / 2));
});

test("names that follow each other have different colours", () => {
  const hues = Array.from({ length: 300 }, (_, i) => hueOf(`friend${i + 1}`));
  const isNear = (a: number, b: number) => Math.min(Math.abs(a - b), 360 - Math.abs(a - b)) < 15;
  const near = hues.slice(1).filter((hue, i) => isNear(hue, hues[i] ?? 0));
  expect(near.length).toBeLessThan(50);
});
