/** The section `sersync/rsync`: how replicas are reached, and rsync's options as settings. */
import { resolve } from "node:path";
import type { DraftNode, DraftText } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { XmlAttribute, XmlElement } from "../xml.js";
import { readParameters, SHIPPED_PARAMETERS } from "./common-params.js";
import type { Parameters, Situation } from "./common-params.js";
import type { Reading } from "./reading.js";
import { seconds } from "./seconds.js";

export interface Transport {
  readonly isSsh: boolean;
  readonly user: string | undefined;
  /** Of the daemon; that of ssh is a setting. */
  readonly port: number | undefined;
  readonly settings: ReadonlyMap<string, DraftNode>;
  readonly rules: readonly DraftText[];
  readonly ruleFiles: readonly DraftText[];
}

interface Surroundings {
  readonly hasDeletes: boolean;
  /** rsync was started in it, so that relative paths begin here. */
  readonly directory: string;
}

export function readTransport(
  sersync: XmlElement,
  { hasDeletes, directory }: Surroundings,
  reading: Reading,
): Transport {
  const rsync = reading.child(sersync, "rsync");
  const ssh = reading.child(rsync, "ssh");
  const isSsh = reading.flag(ssh) ?? false;
  if (ssh !== undefined) {
    reading.carried(ssh, isSsh ? "targets over ssh" : "targets in modules of an rsync daemon");
  }
  const login = readLogin(rsync, isSsh, reading);
  const ownPort = readPort(rsync, isSsh, reading);
  const timeout = readTimeout(rsync, reading);
  const behind = new Set([
    ...(login.passwordFile === undefined ? [] : ["--password-file"]),
    ...(ownPort === undefined ? [] : ["--port"]),
    ...(timeout.isOn ? ["--timeout"] : []),
  ]);
  const parameters = parametersOf(rsync ?? sersync, { hasDeletes, behind }, reading);
  const settings = new Map(parameters.settings);
  if (timeout.node !== undefined) settings.set("timeout", timeout.node);
  const at = reading.attribute(reading.child(rsync, "commonParams"), "params");
  const file = login.passwordFile ?? passwordFileOf(parameters, at, isSsh, reading);
  if (file !== undefined) {
    const { value, place } = file;
    settings.set("passwordFile", text(resolve(directory, value), place));
  }
  const port = ownPort ?? portOf(parameters, at, isSsh, reading);
  const user = login.user ?? (isSsh ? parameters.shell?.user : undefined);
  if (at !== undefined) addShell(parameters, { at, isSsh, directory }, settings, reading);
  if (!isSsh && settings.delete("remoteRsync") && at !== undefined) {
    const why = "a daemon runs the rsync that it is";
    reading.note({
      list: "no-equal",
      place: at.place,
      what: "commonParams --rsync-path without ssh",
      why,
    });
  }
  return {
    isSsh,
    user,
    port,
    settings,
    rules: parameters.rules,
    ruleFiles: parameters.ruleFiles.map(({ value, place }) =>
      text(resolve(directory, value), place),
    ),
  };
}

function parametersOf(rsync: XmlElement, situation: Situation, reading: Reading): Parameters {
  const element = reading.child(rsync, "commonParams");
  const attribute = reading.attribute(element, "params");
  if (attribute !== undefined) {
    return readParameters(attribute.value, attribute, situation, reading);
  }
  const { place } = element ?? rsync;
  reading.note({
    list: "changed",
    place,
    what: "rsync/commonParams is missing",
    becomes: `params="${SHIPPED_PARAMETERS}"`,
    why: "it is what sersync's own file says",
  });
  const standing = { name: "params", value: SHIPPED_PARAMETERS, place };
  return readParameters(SHIPPED_PARAMETERS, standing, situation, reading);
}

interface Login {
  readonly user?: string;
  readonly passwordFile?: { readonly value: string; readonly place: XmlAttribute["place"] };
}

function readLogin(rsync: XmlElement | undefined, isSsh: boolean, reading: Reading): Login {
  const auth = reading.child(rsync, "auth");
  if (auth === undefined) return {};
  if (reading.flag(auth) !== true) {
    reading.attribute(auth, "users");
    reading.attribute(auth, "passwordfile");
    reading.carried(auth, "no user and no passwordFile: it is switched off");
    return {};
  }
  const user = reading.text(auth, "users", "the user to log in as");
  if (isSsh) {
    reading.attribute(auth, "passwordfile");
    reading.changed(
      auth,
      user === undefined ? undefined : `user ${user.value}`,
      "rsync takes no password file over ssh and refused to run; the user logs in with ssh's own keys",
    );
    return user === undefined ? {} : { user: user.value };
  }
  const file = reading.text(auth, "passwordfile", "the file that holds the password");
  if (user === undefined || file === undefined) return {};
  reading.carried(auth, `user ${user.value}, passwordFile: ${file.value}`);
  return { user: user.value, passwordFile: { value: file.value, place: file.at.place } };
}

function passwordFileOf(
  { passwordFile }: Parameters,
  at: XmlAttribute | undefined,
  isSsh: boolean,
  reading: Reading,
): Login["passwordFile"] {
  if (passwordFile === undefined || at === undefined) return undefined;
  const what = "commonParams --password-file";
  if (isSsh) {
    const why = "rsync takes no password file over ssh, and refused to run";
    reading.note({ list: "no-equal", place: at.place, what, why });
    return undefined;
  }
  reading.note({
    list: "carried",
    place: at.place,
    what,
    becomes: `passwordFile: ${passwordFile}`,
  });
  return { value: passwordFile, place: at.place };
}

function readPort(
  rsync: XmlElement | undefined,
  isSsh: boolean,
  reading: Reading,
): number | undefined {
  const element = reading.child(rsync, "userDefinedPort");
  if (element === undefined) return undefined;
  if (reading.flag(element) !== true) {
    reading.attribute(element, "port");
    reading.carried(element, "the usual port: it is switched off");
    return undefined;
  }
  const port = reading.port(element, "port");
  if (isSsh) {
    reading.noEqual(element, "it was for a daemon only; the port of ssh is `ssh: { port: … }`");
    return undefined;
  }
  if (port !== undefined) reading.carried(element, `port ${port}`);
  else if (!element.attributes.has("port")) reading.refuse(element, "expected the attribute port");
  return port;
}

function portOf(
  { port }: Parameters,
  at: XmlAttribute | undefined,
  isSsh: boolean,
  reading: Reading,
): number | undefined {
  if (port === undefined || at === undefined) return undefined;
  const what = `commonParams --port=${port}`;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (isSsh) {
    const why = "it was for a daemon only; the port of ssh is `ssh: { port: … }`";
    reading.note({ list: "no-equal", place: at.place, what, why });
  } else if (number < 1 || number > 65_535) {
    reading.refuse(at, `expected a port (1–65535) behind --port, got ${port}`);
  } else {
    reading.note({ list: "carried", place: at.place, what, becomes: `port ${port}` });
    return number;
  }
  return undefined;
}

function readTimeout(
  rsync: XmlElement | undefined,
  reading: Reading,
): { readonly isOn: boolean; readonly node?: DraftNode } {
  const element = reading.child(rsync, "timeout");
  if (element === undefined) return { isOn: false };
  if (reading.flag(element) !== true) {
    reading.attribute(element, "time");
    reading.carried(element, "the usual timeout: it is switched off");
    return { isOn: false };
  }
  const count = reading.integer(element, "time");
  if (count === undefined) {
    if (!element.attributes.has("time")) reading.refuse(element, "expected the attribute time");
    return { isOn: true };
  }
  const { value, why } = seconds(count, 3600, "timeout");
  const becomes = value === undefined ? undefined : `timeout: ${value}`;
  if (why === undefined) reading.carried(element, becomes ?? "");
  else reading.changed(element, becomes, why);
  return value === undefined ? { isOn: true } : { isOn: true, node: text(value, element.place) };
}

function addShell(
  { shell }: Parameters,
  {
    at,
    isSsh,
    directory,
  }: { readonly at: XmlAttribute; readonly isSsh: boolean; readonly directory: string },
  settings: Map<string, DraftNode>,
  reading: Reading,
): void {
  if (shell === undefined) return;
  if (!isSsh) {
    reading.refuse(
      at,
      "Cannot carry the rsync option '-e': a daemon that is reached through ssh has no equal here",
      'Over ssh alone it is <ssh start="true"/>, with a path as the name of each <remote>.',
    );
    return;
  }
  const path = (value: string | undefined): DraftNode | undefined =>
    value === undefined
      ? undefined
      : text(value.startsWith("~/") ? value : resolve(directory, value), at.place);
  const value = (word: string | undefined): DraftNode | undefined =>
    word === undefined ? undefined : text(word, at.place);
  const options = shell.options.map((word) => text(word, at.place));
  const entries = mapping(
    [
      ["program", value(shell.program)],
      ["port", value(shell.port)],
      ["identity", path(shell.identity)],
      ["config", path(shell.config)],
      ["options", options.length === 0 ? undefined : list(options, at.place)],
    ],
    at.place,
  );
  if (entries.entries.length > 0) settings.set("ssh", entries);
  reading.note({
    list: "changed",
    place: at.place,
    what: "commonParams -e",
    becomes: `ssh: { ${entries.entries.map(([key]) => key).join(", ")} }`,
    why: "sersync's own `-e ssh` stood behind it and won, so that only here it takes effect",
  });
}
