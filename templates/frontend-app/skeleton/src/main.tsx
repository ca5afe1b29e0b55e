import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ErrorBoundary } from "./components/ErrorBoundary";
import "./index.css";
import { startTelemetry } from "./telemetry";

const root = document.getElementById("root");
if (!root) {
  throw new Error("index.html has no element #root");
}

startTelemetry();
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
