/** sersync's file, as tutorials write it, for one test. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTempDir } from "../support/temp.js";

export interface ConfXml {
  readonly watch: string;
  /** Names of modules at 127.0.0.1. */
  readonly modules: readonly string[];
  readonly port: number;
  readonly user?: string;
  readonly passwordFile?: string;
  /** The plugin that is switched on. */
  readonly plugin?: string;
  /** Elements after `sersync`. */
  readonly more?: string;
  readonly filter?: readonly string[];
}

/** Writes it into a directory, a fresh one unless it is given, and gives its path. */
export function writeConfXml(
  { watch, modules, port, user, passwordFile, plugin, filter = [], more = "" }: ConfXml,
  name = "confxml.xml",
  directory = makeTempDir("treecast-confxml-"),
): string {
  const file = join(directory, name);
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="ISO-8859-1"?>
<head version="2.5">
    <host hostip="localhost" port="8008"></host>
    <debug start="false"/>
    <fileSystem xfs="false"/>
    <filter start="${filter.length > 0 ? "true" : "false"}">
${filter.map((each) => `	<exclude expression="${each}"></exclude>`).join("\n")}
    </filter>
    <inotify>
	<delete start="true"/>
	<createFolder start="true"/>
	<createFile start="false"/>
	<closeWrite start="true"/>
	<moveFrom start="true"/>
	<moveTo start="true"/>
	<attrib start="false"/>
	<modify start="false"/>
    </inotify>

    <sersync>
	<localpath watch="${watch}">    # 要同步的目录
${modules.map((each) => `	    <remote ip="127.0.0.1" name="${each}"/>`).join("\n")}
	</localpath>
	<rsync>
	    <commonParams params="-artuz"/>
	    <auth start="${user === undefined ? "false" : "true"}" users="${user ?? "root"}" passwordfile="${passwordFile ?? "/etc/rsync.pas"}"/>
	    <userDefinedPort start="true" port="${port}"/><!-- port=874 -->
	    <timeout start="false" time="100"/><!-- timeout=100 -->
	    <ssh start="false"/>
	</rsync>
	<failLog path="/tmp/rsync_fail_log.sh" timeToExecute="60"/><!--default every 60mins execute once-->
	<crontab start="false" schedule="600"><!--600mins-->
	    <crontabfilter start="false">
		<exclude expression="*.php"></exclude>
		<exclude expression="info/*"></exclude>
	    </crontabfilter>
	</crontab>
	<plugin start="${plugin === undefined ? "false" : "true"}" name="${plugin ?? "command"}"/>
    </sersync>
${more}
</head>
`,
  );
  return file;
}
