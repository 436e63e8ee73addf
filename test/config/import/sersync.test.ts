import * as fc from "fast-check";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.js";
import { ConfigFault } from "../../../src/config/problem.js";
import { makeTempDir } from "../../support/temp.js";
import { draftOf, entry, notesOf, plain, resolved, shownProblems } from "./drafts.js";
import type { SersyncOptions } from "../../../src/config/import/sersync/options.js";

const INOTIFY = `<inotify><delete start="true"/><createFolder start="true"/><createFile start="false"/>
<closeWrite start="true"/><moveFrom start="true"/><moveTo start="true"/><attrib start="false"/><modify start="false"/></inotify>`;
const WWW = '<localpath watch="/srv/www"><remote ip="h" name="m"/></localpath>';

/** The parts that a test is not about are as usual. */
function file({
  head = "",
  inotify = INOTIFY,
  paths = WWW,
  params = "-az",
  rsync = "",
  sersync = "",
}: Partial<Record<"head" | "inotify" | "paths" | "params" | "rsync" | "sersync", string>>): string {
  const parameters = `<commonParams params="${params.replaceAll('"', "&quot;")}"/>`;
  return `<head>${inotify}\n<sersync>${paths}\n<rsync>${parameters}\n${rsync}</rsync>\n<failLog timeToExecute="60"/>${sersync}</sersync>${head}</head>`;
}

type Parts = Parameters<typeof file>[0];

function defaultsOf(parts: Parts, options?: SersyncOptions): Record<string, unknown> {
  const draft = draftOf(file(parts), options);
  expect(shownProblems(draft.problems)).toEqual([]);
  return plain(entry(draft.root, "defaults")!) as Record<string, unknown>;
}

function sourcesOf(parts: Parts, options?: SersyncOptions): Record<string, unknown>[] {
  const draft = draftOf(file(parts), options);
  expect(shownProblems(draft.problems)).toEqual([]);
  return plain(entry(draft.root, "sources")!) as Record<string, unknown>[];
}

function problemsOf(parts: Parts, options?: SersyncOptions): string[] {
  return shownProblems(draftOf(file(parts), options).problems);
}

describe("rsync's options in commonParams", () => {
  const usual = { filter: ["preset:sersync-default"], retry: { max: "60m" } };
  const events = ["close_write", "create", "mkdir", "delete", "moved_from", "moved_to"];

  it.each([
    ["-az", { compress: "true" }],
    ["-artuz", { compress: "true" }],
    ["-avzP --progress --stats -h -i", { compress: "true" }],
    ["-rlptgoD", {}],
    ["--archive", {}],
    ["-az --no-z", { compress: "false" }],
    ["-a --no-owner", { rsyncOptions: ["--no-owner"] }],
    ["-a --no-o --no-g", { attributes: "content" }],
    ["-a --no-D", { rsyncOptions: ["--no-D"] }],
    ["-rltD", { attributes: "content", rsyncOptions: ["--no-perms"] }],
    ["-rlptgo", { rsyncOptions: ["--no-D"] }],
    ["-rptgoD", { rsyncOptions: ["--no-links"] }],
    ["-aHAX", { acls: "true", xattrs: "true" }],
    ["-a --bwlimit=100", { bandwidth: "100KiB" }],
    ["-a --bwlimit 1.5m", { bandwidth: "1536KiB" }],
    ["-a --bwlimit=1MB", { bandwidth: "1000000B" }],
    ["-a --bwlimit=0.1", { bandwidth: "1KiB" }],
    ["-a --bwlimit=0", {}],
    ["-a --timeout=30 --contimeout 5", { timeout: "30s", connectTimeout: "5s" }],
    ["-a --timeout=0", {}],
    ["-a --timeout=9999", { timeout: "3600s" }],
    ["-a --password-file=/etc/p", { passwordFile: "/etc/p" }],
    ["-a --password-file p", { passwordFile: "/srv/www/p" }],
    ["-aW --inplace -T /tmp", { rsyncOptions: ["--whole-file", "--inplace", "--temp-dir=/tmp"] }],
    ["-a '--chmod=D755,F644'", { rsyncOptions: ["--chmod=D755,F644"] }],
    ["-ac", { audit: { checksum: "true" } }],
    ["-a --delete --delete-excluded --force", {}],
    [
      '-a --exclude=*.o --include "keep me" --exclude "+ x" -f "- /y"',
      { filter: ["- *.o", "+ keep me", "+ x", "- /y", "preset:sersync-default"] },
    ],
    ["-a --exclude-from=/etc/x --exclude-from y", { filterFile: ["/etc/x", "/srv/www/y"] }],
  ])("%s", async (params, expected) => {
    expect(defaultsOf({ params })).toEqual({ events, ...usual, ...expected });
    const { problems } = await resolved(draftOf(file({ params })));
    expect(problems.filter((each) => !each.includes("no such file"))).toEqual([]);
  });

  it("name files of rules with the place they stand at", async () => {
    const { problems } = await resolved(draftOf(file({ params: "-a --exclude-from=/no/such" })));
    expect(problems).toEqual([
      "confxml.xml:4:22: defaults.filterFile: Cannot read /no/such: no such file",
    ]);
  });

  it.each([
    ["-aL", "Cannot carry the rsync option '-L': treecast watches a link, not what it points to"],
    ["-a --frobnicate=1", "Cannot carry the rsync option '--frobnicate': it is not among the"],
    ["-an", "Cannot carry the rsync option '-n': it sends nothing"],
    ["-a --remove-source-files", "'--remove-source-files': it deletes the source"],
    ["-a --size-only", "'--size-only': entries would stay different"],
    ["-a --files-from=/x", "'--files-from': treecast names every entry itself"],
    ["-a -C", "'-C': use `filter` with `preset:vcs`"],
    ["-a --bwlimit=fast", "'--bwlimit': 'fast' is no argument for it"],
    ["-a --timeout", "'--timeout': it needs an argument"],
    ["-a --timeout=1m", "'--timeout': '1m' is no argument for it"],
    ["-a --port=0", "expected a port (1–65535) behind --port, got 0"],
    ["-a /etc", "expected an option that begins with a dash, got '/etc'. Replicas are named by"],
    ["-a --exclude=[", "Cannot read the filter rule '- [' at column 3"],
    ["-a 'x", "expected the ' that ends a quotation"],
    ["-a `id`", "expected words, as no shell is asked here, got '`'"],
    ["-a --exclude={a,b}", "expected words, as no shell is asked here, got '{'"],
    [
      "-a -e rsh",
      "Cannot carry the rsync option '-e': expected ssh as the remote shell, got 'rsh'",
    ],
    ["-a -e 'ssh -p'", "Cannot carry the rsync option '-e': ssh's option '-p' needs an argument"],
    ["-a -e 'ssh -L 1:h:1'", "ssh's option '-L' is not among those known to be safe"],
    ["-a -e 'ssh -p 22'", "'-e': a daemon that is reached through ssh has no equal here"],
  ])("%s is refused by name, where it stands", (params, expected) => {
    const [problem] = problemsOf({ params });
    expect(problem).toMatch(/^confxml\.xml:\d+:\d+: sersync\/rsync\/commonParams@params: /);
    expect(problem).toContain(expected);
  });

  it("are told of one by one", () => {
    const draft = draftOf(file({ params: "-avz --delete --chmod=F644 -t" }));
    expect(notesOf(draft, "no-equal").filter((note) => note.includes("commonParams"))).toEqual([
      "4: commonParams -v",
    ]);
    expect(notesOf(draft, "carried").filter((note) => note.includes("commonParams"))).toEqual([
      "4: commonParams -z → compress: true",
      "4: commonParams --delete → deletes: mirror",
      "4: commonParams --chmod → rsyncOptions: --chmod=F644",
      "4: commonParams -avz --delete --chmod=F644 -t → attributes: mirror",
    ]);
  });

  it("delete nothing where no deletion counts", () => {
    const inotify = INOTIFY.replace('delete start="true"', 'delete start="false"');
    const parts = { params: "-a --delete", inotify };
    expect(defaultsOf(parts)).toMatchObject({
      deletes: "never",
      events: ["close_write", "create", "mkdir", "moved_from", "moved_to"],
    });
    expect(notesOf(draftOf(file(parts)), "no-equal")).toContain("4: commonParams --delete");
  });

  it("give way to elements that say the same", () => {
    const rsync = `<auth start="true" users="u" passwordfile="/etc/a"/><timeout start="true" time="7"/><userDefinedPort start="true" port="8"/>`;
    const parts = { params: "-a --timeout=9 --password-file=/etc/b --port=9", rsync };
    expect(defaultsOf(parts)).toMatchObject({ timeout: "7s", passwordFile: "/etc/a" });
    expect(sourcesOf(parts)[0]).toMatchObject({ targets: ["rsync://u@h:8/m"] });
    expect(notesOf(draftOf(file(parts)), "no-equal")).toEqual([
      "4: commonParams --timeout",
      "4: commonParams --password-file",
      "4: commonParams --port",
    ]);
  });
});

describe("a transport", () => {
  const ssh = '<ssh start="true"/>';
  const paths = '<localpath watch="/srv/www"><remote ip="h" name="/data/www/"/></localpath>';

  it("over ssh takes what -e says, and the user of auth without its password", () => {
    const params =
      "-a -e 'ssh -p2222 -l other -i ~/.ssh/id -o A=b -F conf -4qC' --rsync-path='sudo rsync'";
    const rsync = `${ssh}<auth start="true" users="u" passwordfile="/p"/>`;
    expect(defaultsOf({ paths, params, rsync })).toMatchObject({
      remoteRsync: "sudo rsync",
      ssh: {
        port: "2222",
        identity: "~/.ssh/id",
        config: "/srv/www/conf",
        options: ["-o", "A=b", "-4", "-C"],
      },
    });
    expect(defaultsOf({ paths, params, rsync })).not.toHaveProperty("passwordFile");
    expect(sourcesOf({ paths, params, rsync })[0]!["targets"]).toEqual(["u@h:/data/www"]);
    expect(sourcesOf({ paths, params, rsync: ssh })[0]!["targets"]).toEqual(["other@h:/data/www"]);
  });

  it.each([
    ['ip="h" name="m"', "rsync://h/m"],
    ['ip=" h " name=" m/ "', "rsync://h/m"],
    ['ip="::1" name="m/a b"', "rsync://[::1]/m/a b"],
    ['ip="[::1]" name="m"', "rsync://[::1]/m"],
    ['ip="u@h" name="m"', "rsync://u@h/m"],
  ])("makes of <remote %s> %s", (remote, to) => {
    const paths = `<localpath watch="/srv/www"><remote ${remote}/></localpath>`;
    expect(sourcesOf({ paths })[0]!["targets"]).toEqual([to]);
  });

  it.each([
    ['ip="" name="m"', "remote@ip: expected the address of a host, got nothing"],
    ['name="m"', "remote: expected the attribute ip: the address of a host"],
    ['ip="h" name=" "', "remote@name: expected an rsync module, got nothing"],
    [
      'ip="h:873" name="m"',
      "remote@ip: expected a host alone, got 'h:873'. The port of a daemon is",
    ],
    ['ip="-oX" name="m"', "remote@ip: Cannot use '-oX' as a user or a host"],
    [
      'ip="h" name="/tmp/www"',
      "remote@name: expected the name of an rsync module, got the path '/tmp/www'. A path is for ssh",
    ],
    ['ip="v@h" name="m"', "remote@ip: expected a host alone, as the user is u, got 'v@h'"],
  ])("refuses <remote %s>", (remote, expected) => {
    const paths = `<localpath watch="/srv/www"><remote ${remote}/></localpath>`;
    const rsync = remote.includes("v@h") ? '<auth start="true" users="u" passwordfile="/p"/>' : "";
    const problems = problemsOf({ paths, rsync });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`sersync/localpath/${expected}`);
  });

  it.each([
    [
      '<auth start="yes" users="u" passwordfile="/p"/>',
      "auth@start: expected true or false, got 'yes'",
    ],
    [
      '<auth start="true" users="" passwordfile="/p"/>',
      "auth@users: expected the user to log in as, got nothing",
    ],
    ['<auth start="true" users="u"/>', "auth: expected the attribute passwordfile"],
    ['<timeout start="true" time="soon"/>', "timeout@time: expected a whole number, got 'soon'"],
    ['<timeout start="true"/>', "timeout: expected the attribute time"],
    [
      '<userDefinedPort start="true" port="70000"/>',
      "userDefinedPort@port: expected a port (1–65535), got 70000",
    ],
    ['<userDefinedPort start="true"/>', "userDefinedPort: expected the attribute port"],
  ])("refuses %s", (rsync, expected) => {
    const problems = problemsOf({ rsync });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`sersync/rsync/${expected}`);
  });
});

describe("the events", () => {
  const only = (...on: string[]) =>
    `<inotify>${["delete", "createFolder", "createFile", "closeWrite", "moveFrom", "moveTo", "attrib", "modify"].map((name) => `<${name} start="${on.includes(name)}"/>`).join("")}</inotify>`;

  it.each([
    [["delete", "createFolder", "createFile", "closeWrite", "moveFrom", "moveTo", "attrib"], {}],
    [["closeWrite"], { events: ["close_write", "create"], deletes: "never" }],
    [["createFile", "delete"], { events: ["create", "delete"] }],
    [["moveTo", "modify", "delete"], { events: ["delete", "moved_to"], longestWait: "1s" }],
  ])("that count where %j is on", (on, expected) => {
    const { filter, retry, ...rest } = defaultsOf({ inotify: only(...on), params: "-a" });
    expect([filter, retry]).toEqual([["preset:sersync-default"], { max: "60m" }]);
    expect(rest).toEqual(expected);
  });

  it("are at least one", () => {
    expect(problemsOf({ inotify: only("modify") })).toEqual([
      "confxml.xml:1:7: inotify: expected at least one event to be switched on, as nothing would be replicated",
    ]);
  });

  it("are the shipped ones where the file is silent, with a note for each", () => {
    const draft = draftOf(file({ inotify: "<inotify><delete start='false'/></inotify>" }));
    expect(plain(entry(entry(draft.root, "defaults"), "events")!)).toEqual([
      "close_write",
      "create",
      "mkdir",
      "moved_from",
      "moved_to",
    ]);
    expect(notesOf(draft, "changed").filter((note) => note.includes("missing"))).toHaveLength(7);
  });
});

describe("sersync's command line", () => {
  it("-r and its absence", () => {
    expect(defaultsOf({}, { fullSync: false })).toMatchObject({ initial: "none" });
    expect(defaultsOf({}, { fullSync: true })).not.toHaveProperty("initial");
    expect(defaultsOf({})).not.toHaveProperty("initial");
    const filtered = file({ head: '<filter start="true"><exclude expression="a"/></filter>' });
    expect(notesOf(draftOf(filtered, { fullSync: true }), "changed")).toContain(
      "1: -r → initial: full",
    );
    expect(notesOf(draftOf(file({}), { fullSync: true }), "carried")).toContain(
      "1: -r → initial: full",
    );
  });

  it.each([
    [1, "1", "carried"],
    [100, "100", "carried"],
    [0, "1", "changed"],
    [200, "100", "changed"],
  ] as const)("-n %i", async (threads, max, which) => {
    expect(defaultsOf({}, { threads })).toMatchObject({ sessions: { max } });
    expect(notesOf(draftOf(file({}), { threads }), which)).toContain(
      `1: -n ${threads} → sessions: { max: ${max} }`,
    );
    expect((await resolved(draftOf(file({}), { threads }))).problems).toEqual([]);
  });

  const socket =
    '<plugin name="socket"><localpath watch="/a"><deshost ip="::1" port="9"/></localpath></plugin>';

  it("-m runs a plugin alone, for the paths that it names", async () => {
    const head = `${socket}<filter start="true"><exclude expression="a"/></filter>`;
    const draft = draftOf(file({ head }), { plugin: "socket" });
    expect(draft.problems).toEqual([]);
    expect((await resolved(draft)).problems).toEqual([]);
    expect(plain(draft.root)).toEqual({
      defaults: {
        filter: ["- sersync:a", "preset:sersync-default"],
        events: ["close_write", "create", "mkdir", "delete", "moved_from", "moved_to"],
      },
      sources: [
        {
          name: "a",
          path: "/a",
          targets: [],
          initial: "none",
          index: "off",
          hooks: [
            {
              name: "socket",
              on: ["changed"],
              per: "path",
              socket: { to: "tcp://[::1]:9", body: "path" },
            },
          ],
        },
      ],
    });
    expect(notesOf(draft, "no-equal")).toContain('3: sersync/localpath/remote ip="h" name="m"');
  });

  it("-m command runs it for the localpath", () => {
    const head = '<plugin name="command"><param prefix="/bin/x" suffix=""/></plugin>';
    const [source] = sourcesOf({ head }, { plugin: "command" });
    expect(source).toMatchObject({ path: "/srv/www", targets: [] });
    expect(source!["hooks"]).toEqual([
      { name: "command", on: ["changed"], per: "path", command: ["/bin/x", "{path}"] },
    ]);
  });

  it("-m needs the plugin's section", () => {
    expect(problemsOf({}, { plugin: "http" })).toEqual([
      'confxml.xml:1:1: expected an element <plugin name="http"> that says what it does',
    ]);
  });
});

describe("plugins", () => {
  const on = (name: string) => `<plugin start="true" name="${name}"/>`;
  const command = (inside: string) => `<plugin name="command">${inside}</plugin>`;
  const cdn = (inside: string) =>
    `<plugin name="refreshCDN"><localpath watch="/srv/www">${inside}</localpath></plugin>`;

  it.each([
    ["command", "", 'sersync/plugin: expected an element <plugin name="command"> that says'],
    ["mail", "", "sersync/plugin@name: expected the name of a plugin (command, socket"],
    ["command", command(""), "plugin: expected an element <param>"],
    ["command", command('<param prefix=" "/>'), "plugin/param@prefix: expected the command to run"],
    [
      "command",
      command('<param prefix="x > /dev/null"/>'),
      "no shell is asked here, got '>'. Write a script",
    ],
    ["command", command('<param prefix="x" suffix="| y"/>'), "plugin/param@suffix: expected words"],
    [
      "command",
      command('<param prefix="x"/><filter start="true"><include expression="(?!a)"/></filter>'),
      "plugin/filter/include@expression: expected a regular expression in RE2's language",
    ],
    ["socket", '<plugin name="socket"/>', "plugin: expected an element <localpath"],
    [
      "socket",
      '<plugin name="socket"><localpath watch="a"/></plugin>',
      "expected an absolute path such as /data, got 'a'",
    ],
    [
      "socket",
      '<plugin name="socket"><localpath watch="/a"><deshost ip="h"/></localpath></plugin>',
      "plugin/localpath/deshost: expected the attribute port",
    ],
    [
      "socket",
      '<plugin name="socket"><localpath watch="/a"><deshost ip="h/x" port="1"/></localpath></plugin>',
      "expected a host, got 'h/x'",
    ],
    [
      "http",
      '<plugin name="http"><localpath watch="/a"><deshost url="ftp://h" port="1"/></localpath></plugin>',
      "expected an address such as http://host/path, got 'ftp://h'",
    ],
    [
      "refreshCDN",
      cdn('<cdninfo domainname="h" port="1" username="u" passwd=""/><sendurl base="http://x"/>'),
      "cdninfo@passwd: expected the password of the content network, got nothing",
    ],
    [
      "refreshCDN",
      cdn('<cdninfo domainname="h" port="1" username="u" passwd="p"/>'),
      "plugin/localpath: expected an element <sendurl>",
    ],
    [
      "refreshCDN",
      cdn(
        '<cdninfo domainname="h" port="1" username="u" passwd="p"/><sendurl base="http://x"/><regexurl regex="true" match="("/>',
      ),
      "regexurl@match: expected a regular expression",
    ],
  ])("%s with %s is refused", (name, head, expected) => {
    const problems = problemsOf({ head, sersync: on(name) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it("are told whose expressions can match nothing", () => {
    const head = command('<param prefix="x"/><filter start="true"/>');
    const draft = draftOf(file({ head, sersync: on("command") }));
    expect(draft.problems).toEqual([]);
    expect(sourcesOf({ head, sersync: on("command") })[0]).not.toHaveProperty("hooks");
    expect(notesOf(draft, "changed").at(-1)).toBe('6: plugin/filter start="true" → no hook');
  });

  it("show no password in a note or a problem", () => {
    const head = cdn(
      '<cdninfo domainname="" port="1" username="u" passwd="hush"/><sendurl base=""/>',
    );
    const draft = draftOf(file({ head, sersync: on("refreshCDN") }));
    expect(draft.problems).toHaveLength(2);
    expect(JSON.stringify([draft.notes, draft.problems])).not.toContain("hush");
    const right = head.replace('""', '"h"').replace('base=""', 'base="http://x"');
    const whole = draftOf(file({ head: right, sersync: on("refreshCDN") }));
    expect(JSON.stringify(whole.root)).toContain("hush");
    expect(JSON.stringify([whole.notes, whole.problems])).not.toContain("hush");
  });
});

describe("importSersync()", () => {
  it.each([
    ["", "confxml.xml:1:1: Cannot read the XML: expected an element such as <head>, got none"],
    ["<head></head>", "confxml.xml:1:1: expected an element <sersync> with a <localpath> in it"],
    [
      "<head><sersync/></head>",
      'confxml.xml:1:7: sersync: expected an element <localpath watch="/directory">',
    ],
    [
      "<head><sersync><localpath><remote ip='h' name='m'/></localpath></sersync></head>",
      "confxml.xml:1:16: sersync/localpath: expected the attribute watch: the directory to watch",
    ],
    [
      "<head><sersync><localpath watch='www'><remote ip='h' name='m'/></localpath></sersync></head>",
      "confxml.xml:1:27: sersync/localpath@watch: expected an absolute path such as /data, got 'www'",
    ],
    [
      "<head><sersync><localpath watch='/www'/></sersync></head>",
      'confxml.xml:1:16: sersync/localpath: expected an element <remote ip="host" name="module">',
    ],
  ])("says what is missing in %j", (xml, expected) => {
    expect(shownProblems(draftOf(xml).problems)).toEqual([expected]);
  });

  it("reads a file without an element around all others", () => {
    const bare = file({}).replace(/<\/?head>/g, "");
    expect(plain(draftOf(bare).root)).toEqual(plain(draftOf(file({})).root));
  });

  it("reports an expression that only Perl knows, where it stands", () => {
    const head = '\n<filter start="true"><exclude expression="(?!x).*"/></filter>';
    expect(problemsOf({ head })[0]).toMatch(
      /^confxml\.xml:7:31: filter\/exclude@expression: Cannot read the filter rule '- sersync:\(\?!x\)\.\*' at column 11: expected a regular expression in RE2's language/,
    );
  });

  it("names an element that is there twice, and what it does not know", () => {
    const draft = draftOf(
      file({
        rsync: '<timeout start="false" time="1"/><timeout start="true" time="2"/><foo bar="1"/>',
      }),
    );
    expect(notesOf(draft, "no-equal").filter((note) => /timeout|foo/.test(note))).toEqual([
      '5: sersync/rsync/timeout start="true" time="2"',
      '5: sersync/rsync/foo bar="1"',
    ]);
  });

  it("is what loadConfig() uses, with places in the file", async () => {
    const directory = mkdtempSync(join(makeTempDir(), "x"));
    const path = join(directory, "confxml.xml");
    writeFileSync(path, file({}));
    const config = await loadConfig(path, { environment: {}, sersync: { threads: 3 } });
    expect(config.sources[0]!.targets[0]).toMatchObject({ sessions: { max: 3 } });
    const twice = `${WWW}<localpath watch="/srv/b"><remote ip="h" name="m"/></localpath>`;
    writeFileSync(path, file({ paths: twice }));
    const fault: unknown = await loadConfig(path, { environment: {} }).catch(
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(ConfigFault);
    const [problem] = (fault as ConfigFault).problems;
    expect(problem).toMatchObject({ place: { file: path, line: 3, column: 101 } });
    expect(problem!.message).toContain("each would delete what the other sends");
  });

  it("never throws, and what it accepts the schema accepts", async () => {
    const words = fc.constantFrom(
      ..."true false -az -a --delete --bwlimit=1 /srv/a /b h 127.0.0.1 ::1 m m/x 1 60 -1 99999 (.*)\\.x *.x ( [ ' u@h command socket http://h/ é".split(
        " ",
      ),
      "",
      " ",
    );
    const attribute = fc.tuple(
      fc.constantFrom(
        ..."start watch ip name params users passwordfile port time path timeToExecute schedule expression prefix suffix url base regex match domainname username passwd xfs foo".split(
          " ",
        ),
      ),
      words,
    );
    const element = fc.constantFrom(
      ..."head sersync localpath remote rsync commonParams auth userDefinedPort timeout ssh failLog crontab crontabfilter exclude plugin param filter include deshost cdninfo sendurl regexurl inotify delete closeWrite debug".split(
        " ",
      ),
    );
    const withChildren = (children: fc.Arbitrary<string[]>) =>
      fc
        .tuple(
          element,
          fc.uniqueArray(attribute, { selector: ([name]) => name, maxLength: 4 }),
          children,
        )
        .map(([name, attributes, inside]) => {
          const written = attributes.map(([key, value]) => ` ${key}="${value}"`);
          return `<${name}${written.join("")}>${inside.join("\n")}</${name}>`;
        });
    const leaves = withChildren(fc.constant([]));
    const branches = withChildren(fc.array(leaves, { maxLength: 4 }));
    const tree = withChildren(fc.array(branches, { maxLength: 4 }));
    const orUsual = (arbitrary: fc.Arbitrary<string>, usual: string) =>
      fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });
    const parts = fc.record({
      params: orUsual(words, "-az"),
      rsync: orUsual(tree, ""),
      sersync: orUsual(tree, ""),
      head: orUsual(tree, ""),
      paths: orUsual(tree, WWW),
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        parts,
        fc.constantFrom<SersyncOptions>(
          ...[{}, {}, {}, { fullSync: false }, { fullSync: true, threads: -3 }],
          { plugin: "command" },
          { plugin: "socket" },
        ),
        async (drawn, options) => {
          const draft = draftOf(file(drawn), options);
          const { problems } = await resolved(draft);
          if (draft.problems.length > 0) return;
          accepted++;
          expect(problems.filter((each) => !/twice|Cannot replicate/.test(each))).toEqual([]);
        },
      ),
      { numRuns: 1_500 },
    );
    expect(accepted).toBeGreaterThan(150);
  });
});
