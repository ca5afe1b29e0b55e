import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { App } from "./App";

test("an item is added and taken away again", async () => {
  const user = userEvent.setup();
  render(<App />);
  expect(screen.getByRole("heading", { name: __APP_NAME__ })).toBeVisible();

  await user.type(screen.getByRole("textbox", { name: "New item" }), "kettle");
  await user.click(screen.getByRole("button", { name: "Add" }));
  expect(screen.getByRole("listitem")).toHaveTextContent("kettle");

  await user.click(screen.getByRole("button", { name: "Remove kettle" }));
  expect(screen.queryByRole("listitem")).not.toBeInTheDocument();
});
