import { Component, type ReactNode } from "react";
import { reportError } from "../telemetry";

interface Props {
  children: ReactNode;
}

/** Shows a way out instead of a blank page, and reports what happened. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown) {
    reportError(error);
  }

  override render() {
    if (!this.state.failed) {
      return this.props.children;
    }
    return (
      <main role="alert">
        <h1>Something went wrong</h1>
        <p>It has been reported. Loading the page again often helps.</p>
        <button
          type="button"
          onClick={() => {
            window.location.reload();
          }}
        >
          Load again
        </button>
      </main>
    );
  }
}
