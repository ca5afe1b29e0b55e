import { defineConfig, devices } from "@playwright/test";

const ci = process.env.CI !== undefined;

export default defineConfig({
  testDir: "e2e",
  forbidOnly: ci,
  retries: ci ? 1 : 0,
  reporter: ci ? [["github"], ["html", { open: "never" }]] : "list",
  use: { baseURL: "http://localhost:4173", trace: "on-first-retry" },
  projects: [
    { name: "desktop", use: devices["Desktop Chrome"] },
    { name: "phone", use: devices["Pixel 7"] },
  ],
  // What is tested is what is delivered: the built app, not the one in development.
  webServer: {
    command: "npm run build && npm run preview -- --port 4173 --strictPort",
    url: "http://localhost:4173",
    reuseExistingServer: !ci,
  },
});
