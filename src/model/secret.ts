/** Where a secret is to be found. The secret itself never stands in a configuration or an argument. */

export type SecretReference =
  /** The first line of a file. */
  | { readonly kind: "file"; readonly path: string }
  /** An environment variable. */
  | { readonly kind: "environment"; readonly name: string }
  /** A systemd credential: a file of that name in $CREDENTIALS_DIRECTORY. */
  | { readonly kind: "credential"; readonly name: string };
