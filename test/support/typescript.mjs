/**
 * For `node --import`: lets this thread and every worker load TypeScript sources. On Node 20
 * tsx's own entry does so on the main thread alone.
 */
import { register } from "tsx/esm/api";

register();
