interface Props {
  onAdd: (name: string) => void;
}

export function ItemForm({ onAdd }: Props) {
  function add(form: FormData) {
    const name = form.get("name");
    if (typeof name === "string" && name.trim() !== "") {
      onAdd(name.trim());
    }
  }

  return (
    <form action={add}>
      <label>
        New item <input name="name" autoComplete="off" required />
      </label>
      <button type="submit">Add</button>
    </form>
  );
}
