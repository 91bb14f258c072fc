// What browsers say of keys, fingers and files.

/**
 * Whether a key belongs to a composition, such as the Enter that chooses a Chinese word. Safari ends the composition
 * before it reports the key, with `isComposing` false and the code 229.
 */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Whether the user points with a finger: such a device has a keyboard on the screen. */
export function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

/** Whether what was dropped or pasted is files. What is copied from a document may have a picture beside its text. */
export function hasFiles(data: DataTransfer | null): boolean {
  const types = data?.types ?? [];
  return types.includes("Files") && !types.includes("text/plain");
}
