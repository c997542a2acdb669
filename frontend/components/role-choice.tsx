"use client";

import { useId } from "react";
import { ROLES, type Role } from "@/lib/model";
import { ROLE_NAMES } from "@/lib/words";

interface Props {
  label: string;
  hideLabel?: boolean;
  value: Role;
  onChange: (role: Role) => void;
}

export function RoleChoice({ label, hideLabel, value, onChange }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={hideLabel ? "unseen" : undefined}>
        {label}
      </label>
      <select id={id} value={value} onChange={({ target }) => onChange(target.value as Role)}>
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {ROLE_NAMES[role]}
          </option>
        ))}
      </select>
    </div>
  );
}
