/** What can be wrong with a target as a whole, as opposed to with single paths. */

export type TroubleKind =
  | "refused"
  | "unreachable"
  | "unknown-host"
  | "timeout"
  | "unknown-module"
  | "auth"
  | "password-file"
  | "read-only"
  | "deletes-refused"
  | "too-many-connections"
  | "disk-full"
  | "host-key"
  | "ssh-auth"
  | "ssh-failed"
  | "rsync-missing"
  | "remote-rsync-missing"
  | "rsync-too-old"
  | "source-missing"
  | "target-missing"
  | "denied"
  | "protocol"
  | "option-refused"
  | "stream-broke"
  | "killed"
  | "unknown";

export interface Trouble {
  readonly kind: TroubleKind;
  /** One plain line for a person: the cause and what to do. */
  readonly text: string;
  /** `never-alone`: waiting will not heal it, a person must act; it may still be tried now and then. */
  readonly retry: "soon" | "later" | "never-alone";
}
