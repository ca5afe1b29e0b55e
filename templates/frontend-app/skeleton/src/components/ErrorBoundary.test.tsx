import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { reportError } from "../telemetry";
import { ErrorBoundary } from "./ErrorBoundary";

vi.mock("../telemetry");

function Broken(): never {
  throw new Error("out of tea");
}

test("shows a way out and reports the error", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  render(
    <ErrorBoundary>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByRole("alert")).toHaveTextContent("Something went wrong");
  expect(screen.getByRole("button", { name: "Load again" })).toBeVisible();
  expect(reportError).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: "out of tea" }),
  );
});

test("stays out of the way of what works", () => {
  render(<ErrorBoundary>tea</ErrorBoundary>);
  expect(screen.getByText("tea")).toBeVisible();
});
