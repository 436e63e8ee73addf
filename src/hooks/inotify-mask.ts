/** The kernel's mask that fits an event: what listeners written for sersync are told. */
import { Kind } from "../model/change.js";
import type { HookEvent } from "./event.js";

const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_ISDIR = 0x4000_0000;

export function inotifyMask(event: HookEvent): number {
  return eventBit(event) | (isDirectory(event) ? IN_ISDIR : 0);
}

export function isDirectory({ isDirectory: said, kinds = 0 }: HookEvent): boolean {
  return said ?? (kinds & Kind.Directory) !== 0;
}

function eventBit(event: HookEvent): number {
  const { isDeleted, kinds = 0 } = event;
  const content = Kind.Content | Kind.Writing | Kind.Subtree | Kind.Children;
  if (isDeleted ?? ((kinds & Kind.Gone) !== 0 && (kinds & content) === 0)) return IN_DELETE;
  if ((kinds & Kind.Attributes) !== 0 && (kinds & content) === 0) return IN_ATTRIB;
  return isDirectory(event) ? IN_CREATE : IN_CLOSE_WRITE;
}
