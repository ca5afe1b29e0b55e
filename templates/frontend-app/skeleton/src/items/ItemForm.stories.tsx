import type { Meta, StoryObj } from "@storybook/react-vite";
import { expect, fn } from "storybook/test";
import { ItemForm } from "./ItemForm";

const meta = {
  component: ItemForm,
  args: { onAdd: fn() },
} satisfies Meta<typeof ItemForm>;

export default meta;
type Story = StoryObj<typeof meta>;

export const Empty: Story = {};

export const Submitted: Story = {
  play: async ({ args, canvas, userEvent }) => {
    await userEvent.type(canvas.getByRole("textbox"), "kettle{Enter}");
    await expect(args.onAdd).toHaveBeenCalledWith("kettle");
  },
};
