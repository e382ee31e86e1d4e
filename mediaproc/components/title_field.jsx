// Title of a video, edited in place: Enter or leaving the field saves it, Escape discards the change.
import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** As high as its text: a long title is shown whole. Newer browsers do that by `field-sizing`. */
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

export function TitleField({ title, onRename }) {
  const [typed, setTyped] = useState(null); // null: not being edited
  const sent = useRef(false);
  const field = useRef(null);
  useLayoutEffect(() => grow(field.current));
  useEffect(() => {
    if (sent.current) setTyped(null);
    sent.current = false;
  }, [title]);
  const type = (event) => {
    sent.current = false;
    setTyped(event.target.value.replace(/\n/g, " "));
  };
  const leave = () => {
    const entered = (typed ?? "").trim().replace(/\s+/g, " ");
    sent.current = entered !== "" && entered !== title;
    if (sent.current) onRename(entered);
    else setTyped(null);
  };
  const press = (event) => {
    if (event.nativeEvent.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    const field = event.target;
    if (event.key === "Escape") setTyped(null);
    setTimeout(() => field.blur()); // after the discarded text is gone, or leaving would save it
  };
  return (
    <textarea
      ref={field}
      rows={1}
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
