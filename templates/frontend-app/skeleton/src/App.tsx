import { useState } from "react";
import { ItemForm } from "./items/ItemForm";
import { ItemList } from "./items/ItemList";
import type { Item } from "./items/item";

export function App() {
  const [items, setItems] = useState<Item[]>([]);

  return (
    <main>
      <h1>{__APP_NAME__}</h1>
      <ItemForm
        onAdd={(name) => {
          setItems((now) => [...now, { id: crypto.randomUUID(), name }]);
        }}
      />
      <ItemList
        items={items}
        onRemove={(id) => {
          setItems((now) => now.filter((item) => item.id !== id));
        }}
      />
    </main>
  );
}
