/**
 * The system calls Node does not offer, bound once. No policy: each call takes plain numbers and
 * bytes and answers as C does.
 *
 * Load this on the main thread before any worker does: the library must outlive every thread that
 * calls into it. Descriptors opened here are closed here; Node keeps its own books of the others.
 */
import { getSystemErrorMap } from "node:util";
import koffi from "koffi";

// `null` is the process itself, so that glibc and musl are served alike.
const library = koffi.load(null);

type Call<Arguments extends unknown[]> = (...parameters: Arguments) => number;

export const libc = {
  open: library.func("int open(const uint8_t *path, int flags, int mode)") as Call<
    [path: Uint8Array, flags: number, mode: number]
  >,
  close: library.func("int close(int descriptor)") as Call<[descriptor: number]>,
  // koffi does not know ssize_t.
  read: library.func("intptr_t read(int descriptor, uint8_t *into, size_t size)") as Call<
    [descriptor: number, into: Uint8Array, size: number]
  >,
  write: library.func("intptr_t write(int descriptor, const uint8_t *from, size_t size)") as Call<
    [descriptor: number, from: Uint8Array, size: number]
  >,
  poll: library.func("int poll(uint8_t *entries, unsigned long count, int timeoutMs)") as Call<
    [entries: Uint8Array, count: number, timeoutMs: number]
  >,
  ioctl: library.func("int ioctl(int descriptor, unsigned long request, uint8_t *result)") as Call<
    [descriptor: number, request: number, result: Uint8Array]
  >,
  eventfd: library.func("int eventfd(unsigned int initial, int flags)") as Call<
    [initial: number, flags: number]
  >,
  getdents: firstOf(["getdents64", "getdents"], "int descriptor, uint8_t *into, size_t size"),
  strftime: library.func(
    "size_t strftime(uint8_t *into, size_t size, const uint8_t *format, const uint8_t *time)",
  ) as Call<[into: Uint8Array, size: number, format: Uint8Array, time: Uint8Array]>,
  inotifyInit: library.func("int inotify_init1(int flags)") as Call<[flags: number]>,
  inotifyAddWatch: library.func(
    "int inotify_add_watch(int descriptor, const uint8_t *path, uint32_t mask)",
  ) as Call<[descriptor: number, path: Uint8Array, mask: number]>,
  inotifyRemoveWatch: library.func("int inotify_rm_watch(int descriptor, int watch)") as Call<
    [descriptor: number, watch: number]
  >,
  fanotifyInit: library.func(
    "int fanotify_init(unsigned int flags, unsigned int fileFlags)",
  ) as Call<[flags: number, fileFlags: number]>,
  fanotifyMark: library.func(
    "int fanotify_mark(int group, unsigned int flags, uint64_t mask, int at, const uint8_t *path)",
  ) as Call<[group: number, flags: number, mask: number, at: number, path: Uint8Array]>,
  nameToHandle: library.func(
    "int name_to_handle_at(int at, const uint8_t *path, uint8_t *into, uint8_t *mount, int flags)",
  ) as Call<[at: number, path: Uint8Array, into: Uint8Array, mount: Uint8Array, flags: number]>,
  openByHandle: library.func(
    "int open_by_handle_at(int mount, uint8_t *handle, int flags)",
  ) as Call<[mount: number, handle: Uint8Array, flags: number]>,
  statfs: library.func("int statfs(const uint8_t *path, uint8_t *into)") as Call<
    [path: Uint8Array, into: Uint8Array]
  >,
};

/** glibc calls the 64-bit form `getdents64`; musl has no other and calls it `getdents`. */
function firstOf(
  names: readonly string[],
  parameters: string,
): Call<[descriptor: number, into: Uint8Array, size: number]> {
  for (const name of names) {
    try {
      return library.func(`intptr_t ${name}(${parameters})`) as ReturnType<typeof firstOf>;
    } catch {
      continue;
    }
  }
  throw new Error(`Cannot find ${names.join(" or ")} in the C library`);
}

/** The error number of the call just made on this thread: ask at once, or it is another's. */
export function errorNumber(): number {
  return koffi.errno();
}

/** Closes in the thread pool: a descriptor with many watches takes its time to go. */
export function closeLater(descriptor: number): Promise<void> {
  const close = libc.close as unknown as {
    async(descriptor: number, done: (error: unknown, result: number) => void): void;
  };
  return new Promise((resolve) => {
    // What close(2) answers changes nothing: the descriptor is released either way.
    close.async(descriptor, () => resolve());
  });
}

/** poll(2) in the thread pool; -1 for any error, as its number stays in that thread. */
export function pollAside(entries: Uint8Array, count: number, timeoutMs: number): Promise<number> {
  const poll = libc.poll as unknown as {
    async(
      entries: Uint8Array,
      count: number,
      timeoutMs: number,
      done: (error: unknown, result: number) => void,
    ): void;
  };
  return new Promise((resolve) => {
    poll.async(entries, count, timeoutMs, (error, result) => resolve(error === null ? result : -1));
  });
}

/** Error numbers as Linux has them on every architecture that Node supports. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  ESTALE: 116,
} as const;

const localtime = library.func("void *localtime_r(const uint8_t *seconds, uint8_t *into)") as (
  seconds: Uint8Array,
  into: Uint8Array,
) => unknown;
(library.func("void tzset(void)") as () => void)();

/** Seconds since 1970 (64 bits) as a `struct tm` in the zone of TZ. False where there is no such year. */
export function localTime(seconds: Uint8Array, into: Uint8Array): boolean {
  return localtime(seconds, into) !== null;
}

const strerror = library.func("const char *strerror(int number)") as (number: number) => string;

/** What the C library says of an error, in the words other programs use. */
export function errorText(number: number): string {
  return strerror(number);
}

/** `ENOSPC` and the like. */
export function errorName(number: number): string {
  return NAMES.get(number) ?? getSystemErrorMap().get(-number)?.[0] ?? `error ${number}`;
}

/** Node does not know them all, and some by another name. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Errno).map(([name, number]) => [number, name]),
);
