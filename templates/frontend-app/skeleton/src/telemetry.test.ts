import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onLCP, type LCPMetric } from "web-vitals";
import { reportError, startTelemetry } from "./telemetry";

vi.mock("web-vitals");

const sendBeacon = vi.fn<(url: string, body: string) => boolean>();

function sent() {
  return sendBeacon.mock.calls.map(([, body]) => JSON.parse(body) as unknown);
}

beforeEach(() => {
  vi.stubEnv("VITE_TELEMETRY_URL", "https://telemetry.example/events");
  vi.stubGlobal("navigator", { sendBeacon });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  sendBeacon.mockReset();
});

test.each([
  [new Error("out of tea"), "out of tea"],
  ["plain text", "plain text"],
])("an error is sent with the version that had it", (error, message) => {
  reportError(error);
  expect(sendBeacon.mock.calls[0]?.[0]).toBe(
    "https://telemetry.example/events",
  );
  expect(sent()).toMatchObject([
    {
      type: "error",
      message,
      service: __APP_NAME__,
      version: "dev",
      path: "/",
    },
  ]);
});

test("web vitals and errors that nothing caught are sent", () => {
  startTelemetry();
  vi.mocked(onLCP).mock.calls[0]?.[0]({
    name: "LCP",
    value: 1200,
    rating: "good",
  } as LCPMetric);
  window.dispatchEvent(new ErrorEvent("error", { error: new Error("oops") }));
  window.dispatchEvent(
    Object.assign(new Event("unhandledrejection"), { reason: "no answer" }),
  );
  expect(sent()).toMatchObject([
    { type: "vital", name: "LCP", value: 1200, rating: "good" },
    { type: "error", message: "oops" },
    { type: "error", message: "no answer" },
  ]);
});

test("nothing is sent without an address", () => {
  vi.stubEnv("VITE_TELEMETRY_URL", "");
  reportError(new Error("out of tea"));
  expect(sendBeacon).not.toHaveBeenCalled();
});
