/** Bytes in addresses and forms: what may not stand there as it is, as `%XX`. */

const UNRESERVED = /[^A-Za-z0-9\-._~]/g;
/** What RFC 3986 lets stand in a part of a path, and browsers leave as it is. */
const NOT_IN_SEGMENT = /[^A-Za-z0-9\-._~!$&'()*+,;=:@]/g;

/** As the value of a field in a form or a query. */
export function encodeField(latin1: string): string {
  return latin1.replace(UNRESERVED, percent);
}

/** As a path in an address; slashes stay. */
export function encodePath(latin1: string): string {
  return latin1
    .split("/")
    .map((name) => name.replace(NOT_IN_SEGMENT, percent))
    .join("/");
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
