/** rsync's whole seconds as a length of time that the schema takes. */
/** `value` is undefined where rsync would wait for ever. */
export function seconds(
  count: number,
  most: number,
  key: string,
): { readonly value?: string; readonly why?: string } {
  if (count <= 0) {
    return { why: `it is without a limit there; here the usual ${key} holds, as nothing may hang` };
  }
  const value = `${Math.min(count, most)}s`;
  return count <= most ? { value } : { value, why: `the most here is ${value}` };
}
