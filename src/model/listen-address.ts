/** Where a server of ours listens: a host and a port. Pure. */

export interface ListenAddress {
  /** An IP address or a name, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** For whom nothing else is written: this machine alone. */
const LOOPBACK = "127.0.0.1";

const NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

/** `127.0.0.1:9420`, `[::1]:9420`, `name:9420`; a port alone is one of the loopback. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain, digits = ""] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined) {
    return bracketed.includes(":") ? { host: bracketed, port } : undefined;
  }
  const host = plain ?? LOOPBACK;
  return NAME.test(host) ? { host, port } : undefined;
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether only this machine can reach it. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === "::1" || host === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
