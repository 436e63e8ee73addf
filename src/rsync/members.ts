/** The sessions a pool has in its books, and questions about them. */
import { isSameVariant, type Variant } from "./demand.js";
import type { Session } from "./session.js";
import type { Profile } from "./settings.js";

export interface Member {
  readonly variant: Variant | undefined;
  session: Session | undefined;
  use: "waiting" | "working";
  /** Long work does not count against `max`: a full pass must not hold up changes. */
  readonly long: boolean;
  /** Still of use, but to be let go as soon as another stands in its place. */
  stale: boolean;
  callOffRecycling: () => void;
}

export class Members implements Iterable<Member> {
  readonly #all = new Set<Member>();

  [Symbol.iterator](): Iterator<Member> {
    return this.#all[Symbol.iterator]();
  }

  get size(): number {
    return this.#all.size;
  }

  /** Those that do not count against the number of sessions. */
  get long(): number {
    return this.#count(({ long }) => long);
  }

  /** Those that hold a connection. */
  get opened(): number {
    return this.#count(({ session }) => session !== undefined);
  }

  /** Those that can take a list at once. */
  ready(profile: Profile): number {
    return this.#count(
      ({ use, variant, session }) =>
        use === "waiting" && variant?.profile === profile && session?.state === "ready",
    );
  }

  /** Those that wait, or are about to, and will stay. */
  waiting(kind: Variant): number {
    return this.#count(
      ({ use, stale, variant }) => use === "waiting" && !stale && isSameVariant(variant, kind),
    );
  }

  add(fields: Pick<Member, "variant" | "use" | "long">): Member {
    const member: Member = {
      ...fields,
      session: undefined,
      stale: false,
      callOffRecycling: () => undefined,
    };
    this.#all.add(member);
    return member;
  }

  delete(member: Member): void {
    this.#all.delete(member);
  }

  /** The one to take for a list of this kind. */
  best(variant: Variant): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#all) {
      if (member.use !== "waiting" || member.session === undefined) continue;
      if (!isSameVariant(member.variant, variant) || member.session.state === "ended") continue;
      if (best === undefined || isBetter(member, best)) best = member;
    }
    return best;
  }

  /** One that only waits. */
  spare(): Member | undefined {
    for (const member of this.#all) {
      if (member.use === "waiting" && member.session !== undefined) return member;
    }
    return undefined;
  }

  #count(is: (member: Member) => boolean): number {
    let count = 0;
    for (const member of this.#all) if (is(member)) count++;
    return count;
  }
}

/** Ready before opening; then fresh before stale, and the younger, likelier to be alive. */
function isBetter(one: Member, other: Member): boolean {
  const ready = (member: Member) => (member.session?.state === "ready" ? 1 : 0);
  const openedAt = ({ session }: Member) => session?.openedAt ?? 0;
  if (ready(one) !== ready(other)) return ready(one) > ready(other);
  // Of those on their way, the one that set out first.
  if (ready(one) === 0) return openedAt(one) < openedAt(other);
  if (one.stale !== other.stale) return other.stale;
  return openedAt(one) > openedAt(other);
}
