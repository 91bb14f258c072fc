// The fields of index.html: found by their ids, and told what is wrong with them.

export type Field = HTMLInputElement | HTMLTextAreaElement;

export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${id}`);
}

export function showProblem(field: Field, problem: string | null): void {
  field.setAttribute("aria-invalid", String(problem !== null));
  find(`${field.id}-problem`, HTMLElement).textContent = problem;
}
