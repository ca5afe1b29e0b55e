import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

test.beforeEach(async ({ page }) => {
  await page.goto("/");
});

test("adds an item and takes it away again", async ({ page }) => {
  await page.getByRole("textbox", { name: "New item" }).fill("kettle");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("listitem")).toHaveText(/kettle/);

  await page.getByRole("button", { name: "Remove kettle" }).click();
  await expect(page.getByText("Nothing here yet.")).toBeVisible();
});

test("is accessible", async ({ page }) => {
  await page.getByRole("textbox", { name: "New item" }).fill("kettle");
  await page.getByRole("button", { name: "Add" }).click();

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});

test("tells Prometheus which version is served", async ({ request }) => {
  const metrics = await (await request.get("/metrics")).text();
  expect(metrics).toMatch(
    /^frontend_build_info\{service=".+",version=".+"\} 1$/m,
  );
});
