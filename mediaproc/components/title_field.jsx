// A video's title, changed in place: Enter or leaving the field keeps what was typed, Escape takes it back.
import { useEffect, useRef, useState } from "react";

export function TitleField({ title, onRename }) {
  const [typed, setTyped] = useState(null); // null: nobody is at it
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) setTyped(null);
    sent.current = false;
  }, [title]);
  const type = (event) => {
    sent.current = false;
    setTyped(event.target.value);
  };
  const leave = () => {
    const wanted = (typed ?? "").trim().replace(/\s+/g, " ");
    sent.current = wanted !== "" && wanted !== title;
    if (sent.current) onRename(wanted);
    else setTyped(null);
  };
  const press = (event) => {
    if (event.nativeEvent.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    const field = event.target;
    if (event.key === "Escape") setTyped(null);
    setTimeout(() => field.blur()); // once what Escape takes back is gone
  };
  return (
    <input
      className="title-input"
      aria-label="Title"
      maxLength={255}
      spellCheck={false}
      value={typed ?? title}
      onChange={type}
      onKeyDown={press}
      onBlur={leave}
    />
  );
}
