/** Name in package.json, filled in by vite.config.ts. */
declare const __APP_NAME__: string;
/** Commit of the build, or "dev". */
declare const __APP_VERSION__: string;

interface ImportMetaEnv {
  /** Where events are sent as JSON; without it none are. */
  readonly VITE_TELEMETRY_URL?: string;
}
