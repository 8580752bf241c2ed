/** What is sent of what was typed: spaces and hyphens are a ticket's layout, letters keep their case. */
export const typedCode = (text: string): string => text.replace(/[\s-]+/g, "");
