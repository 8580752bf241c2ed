/** A search field that asks for results while typing, and not for each letter. */
import { Search } from "lucide-react";
import { type Ref, useEffect, useState } from "react";

const SETTLED_AFTER_MS = 250;

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  large?: boolean;
  ref?: Ref<HTMLInputElement>;
}

export function SearchField({ label, value, onChange, large = false, ref }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  // The address changed by itself (Back, Clear filters): the field follows it.
  if (value !== known) {
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === known) return;
    const timer = setTimeout(() => {
      setKnown(typed);
      onChange(typed);
    }, SETTLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed, known, onChange]);
  return (
    <label className={`c-search${large ? " c-search-large" : ""}`}>
      <span className="visually-hidden">{label}</span>
      <Search size={large ? 20 : 16} aria-hidden="true" />
      <input
        ref={ref}
        type="search"
        placeholder={label}
        value={typed}
        maxLength={200}
        autoComplete="off"
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        onChange={(change) => setTyped(change.target.value)}
      />
    </label>
  );
}
