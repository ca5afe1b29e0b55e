import { onCLS, onINP, onLCP, onTTFB, type Metric } from "web-vitals";

/** What is told of a page that a person has open; no cookie, no name, no query string. */
type Event =
  | { type: "vital"; name: Metric["name"]; value: number; rating: string }
  | { type: "error"; message: string; stack: string | undefined };

function send(event: Event) {
  const url = import.meta.env.VITE_TELEMETRY_URL;
  if (!url) {
    return;
  }
  // A beacon also arrives when the page is being closed, and never slows it down.
  // As plain text it needs no preflight request.
  navigator.sendBeacon(
    url,
    JSON.stringify({
      ...event,
      service: __APP_NAME__,
      version: __APP_VERSION__,
      path: window.location.pathname,
    }),
  );
}

function reportVital({ name, value, rating }: Metric) {
  send({ type: "vital", name, value, rating });
}

export function reportError(error: unknown) {
  const { message, stack } =
    error instanceof Error ? error : new Error(String(error));
  send({ type: "error", message, stack });
}

/** Reports Core Web Vitals, and errors that nothing else caught. */
export function startTelemetry() {
  onCLS(reportVital);
  onINP(reportVital);
  onLCP(reportVital);
  onTTFB(reportVital);
  window.addEventListener("error", (event) => {
    reportError(event.error ?? event.message);
  });
  window.addEventListener("unhandledrejection", (event) => {
    reportError(event.reason);
  });
}
