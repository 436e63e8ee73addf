/** Where a secret is kept. The secret itself never stands in a configuration, an argument or a log. */
export type SecretReference =
  /** The first line of a file. */
  | { readonly kind: "file"; readonly path: string }
  /** A variable of this program's environment. */
  | { readonly kind: "environment"; readonly name: string }
  /** A systemd credential: $CREDENTIALS_DIRECTORY/NAME. */
  | { readonly kind: "credential"; readonly name: string }
  /** The secret itself, for files of other programs that hold it in the open. It is never shown. */
  | { readonly kind: "given"; readonly value: string };
