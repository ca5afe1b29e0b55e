import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { configDefaults, defineConfig } from "vitest/config";
import pkg from "./package.json" with { type: "json" };

const version = process.env.VERSION ?? "dev";

/** Writes /metrics, so that Prometheus sees over the CDN whether the app is up, and which version. */
function buildInfo(): Plugin {
  return {
    name: "build-info",
    apply: "build",
    generateBundle() {
      this.emitFile({
        type: "asset",
        fileName: "metrics",
        source: [
          "# HELP frontend_build_info The version that is served.",
          "# TYPE frontend_build_info gauge",
          `frontend_build_info{service="${pkg.name}",version="${version}"} 1`,
          "",
        ].join("\n"),
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), buildInfo()],
  define: {
    __APP_NAME__: JSON.stringify(pkg.name),
    __APP_VERSION__: JSON.stringify(version),
  },
  build: { sourcemap: "hidden" },
  test: {
    environment: "jsdom",
    setupFiles: "./src/setupTests.ts",
    exclude: [...configDefaults.exclude, "e2e/**"],
    restoreMocks: true,
    coverage: {
      include: ["src/**/*.{ts,tsx}"],
      exclude: ["src/main.tsx", "src/**/*.stories.tsx", "src/**/*.d.ts"],
      reporter: ["text", "lcov"],
      thresholds: { lines: 70, functions: 70, branches: 70, statements: 70 },
    },
  },
});
