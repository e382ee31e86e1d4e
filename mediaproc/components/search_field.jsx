// Search field of the top bar. The search stands in the address: on the library it follows what is typed, on other pages
// Enter opens the library with it.
import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";

const WAIT_MS = 200;
const LONGEST = 200;

const queryOf = (search) => new URLSearchParams(search).get("q") ?? "";

/** The library's address with this search, and the filter and order that are in the address already. */
function libraryWith(query, search) {
  const asked = new URLSearchParams(search);
  asked.delete("q");
  if (query) asked.set("q", query);
  return asked.size ? `/?${asked}` : "/";
}

export function SearchField({ here }) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const sent = useRef([]); // searches that the address does not show yet
  const timer = useRef(null);
  useEffect(() => {
    const shown = queryOf(search);
    const own = sent.current.indexOf(shown);
    if (own < 0) setText(shown);
    sent.current = sent.current.slice(own + 1);
  }, [search]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const open = (typed) => {
    clearTimeout(timer.current);
    const query = typed.trim().slice(0, LONGEST);
    const before = queryOf(window.location.search);
    if (here && query === before) return;
    sent.current.push(query);
    navigate(libraryWith(query, here ? window.location.search : ""), { replace: here && before !== "" });
  };
  const type = (event) => {
    const typed = event.target.value;
    setText(typed);
    clearTimeout(timer.current);
    if (here) timer.current = setTimeout(() => open(typed), WAIT_MS);
  };
  const press = (event) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) open(text);
  };
  return (
    <input type="search" id="search" className="field" placeholder="Search videos" aria-label="Search videos" autoComplete="off"
      maxLength={LONGEST} value={text} onChange={type} onKeyDown={press} />
  );
}
