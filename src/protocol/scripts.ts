// Checks a name's scripts, by the runtime's Unicode data: one script, or one of the three mixtures of everyday writing
// ("highly restrictive" of UTS #39). Characters that several scripts share count for each of them.

/** Japanese, Chinese and Korean, each with Latin letters. */
const MIXTURES = ["Latn Hani Hira Kana", "Latn Hani Bopo", "Latn Hani Hang"];

/** Every script of Unicode 17, by its code of ISO 15924. */
const SCRIPTS = `Latn Cyrl Grek Arab Hebr Deva Thai Adlm Aghb Ahom Armi Armn Avst Bali Bamu Bass Batk Beng Berf Bhks Bopo Brah
  Brai Bugi Buhd Cakm Cans Cari Cham Cher Chrs Copt Cpmn Cprt Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Gara Geor Glag Gong Gonm
  Goth Gran Gujr Gukh Guru Hang Hani Hano Hatr Hira Hluw Hmng Hmnp Hung Ital Java Kali Kana Kawi Khar Khmr Khoj Kits Knda Krai
  Kthi Lana Laoo Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani Marc Medf Mend Merc Mero Miao Mlym Modi Mong Mroo Mtei
  Mult Mymr Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck Onao Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd
  Prti Rjng Rohg Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sidt Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Tagb Takr Tale
  Talu Taml Tang Tavt Tayo Telu Tfng Tglg Thaa Tibt Tirh Tnsa Todr Tols Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb`;

/** Characters that belong to every script. */
const SHARED = /[\p{scx=Zyyy}\p{scx=Zinh}]/gu;

const DIGIT = /\p{Nd}/u;

/** Patterns by script, compiled on first use: most names match one of the first. Bounded by the number of scripts. */
const knownPatterns = new Map<string, RegExp | null>();

/** Whether the whole name is in one script, or in one of the mixtures. */
export function isOfOneScript(name: string): boolean {
  const own = name.replace(SHARED, "");
  return [...MIXTURES, ...SCRIPTS.split(/\s+/)].some((scripts) => patternOf(scripts)?.test(own) === true);
}

/** Whether all digits are of one decimal system: readers of another system would misread a `٣` beside a `3`. */
export function isOfOneNumbering(name: string): boolean {
  const zeros = [...name].filter((character) => DIGIT.test(character)).map(zeroOf);
  return new Set(zeros).size <= 1;
}

function patternOf(scripts: string): RegExp | null {
  const known = knownPatterns.get(scripts);
  if (known !== undefined) return known;
  const pattern = patternFor(scripts);
  knownPatterns.set(scripts, pattern);
  return pattern;
}

/** Null if this runtime's Unicode version does not know the script. */
function patternFor(scripts: string): RegExp | null {
  const classes = scripts.split(" ").map((script) => `\\p{scx=${script}}`);
  try {
    return new RegExp(`^[${classes.join("")}]*$`, "u");
  } catch {
    return null;
  }
}

/** The code point of the zero in the digit's system. A system's digits are consecutive; some systems are adjacent. */
function zeroOf(digit: string): number {
  const point = digit.codePointAt(0) ?? 0;
  let first = point;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first--;
  return point - ((point - first) % 10);
}
