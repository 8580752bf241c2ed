/** Picks one of any number of events by typing part of its title. */
import { Combobox } from "@base-ui/react/combobox";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Check, ChevronDown, X } from "lucide-react";
import { useState } from "react";
import { api, whole } from "../api/client";
import { useEvent } from "../events/queries";
import { weekdayDateTime } from "../time";

const CHOICES = 20;

interface Choice {
  id: string;
  title: string;
  startsAt: string;
}

const useChoices = (search: string) =>
  useQuery({
    queryKey: ["event-choices", search],
    queryFn: ({ signal }) =>
      whole(
        api.GET("/api/admin/events", { params: { query: { search: search || undefined, limit: CHOICES } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });

export interface EventPickerProps {
  label: string;
  /** What no choice means: "All events". */
  empty: string;
  /** The id of the chosen event; the empty text for none. */
  value: string;
  onChange: (id: string) => void;
  id?: string;
  required?: boolean;
}

export function EventPicker({ label, empty, value, onChange, id, required = false }: EventPickerProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const chosen = useEvent(value).data;
  const choices = useChoices(typed?.trim() ?? "");
  const items: Choice[] = choices.data?.data ?? [];
  const current: Choice | null = value !== "" && chosen !== undefined ? chosen : null;
  const now = new Date();
  return (
    <Combobox.Root<Choice>
      items={items}
      filter={null}
      value={current}
      inputValue={typed ?? current?.title ?? ""}
      itemToStringLabel={(item) => item.title}
      isItemEqualToValue={(one, other) => one.id === other.id}
      onInputValueChange={(text, { reason }) => {
        if (reason === "input-change" || reason === "input-clear") setTyped(text);
      }}
      onValueChange={(item) => {
        setTyped(null);
        onChange(item?.id ?? "");
      }}
      onOpenChange={(open) => {
        if (!open) setTyped(null);
      }}
    >
      <div className="c-picker">
        <Combobox.Input
          id={id}
          aria-label={id === undefined ? label : undefined}
          placeholder={empty}
          required={required}
        />
        {current !== null && !required && (
          <Combobox.Clear className="c-icon-btn" aria-label={`${empty}: clear the choice`}>
            <X size={16} aria-hidden="true" />
          </Combobox.Clear>
        )}
        <Combobox.Trigger className="c-icon-btn" aria-label="Show events">
          <ChevronDown size={16} aria-hidden="true" />
        </Combobox.Trigger>
      </div>
      <Combobox.Portal>
        <Combobox.Positioner className="c-menu-positioner" sideOffset={4} align="start">
          <Combobox.Popup className="c-menu c-picker-menu">
            <Combobox.Empty>
              <p className="c-picker-empty">{choices.isFetching ? "Looking…" : "No active event has this title."}</p>
            </Combobox.Empty>
            <Combobox.List>
              {(item: Choice) => (
                <Combobox.Item key={item.id} value={item} className="c-menu-item c-picker-item">
                  <span>
                    {item.title}
                    <span className="c-second-line">{weekdayDateTime(item.startsAt, now)}</span>
                  </span>
                  <Combobox.ItemIndicator>
                    <Check size={16} aria-hidden="true" />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
