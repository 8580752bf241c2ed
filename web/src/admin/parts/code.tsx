/** A ticket's code: grouped in fours by space that is never copied. */
export function CodeText({ code }: { code: string }) {
  const groups = code.match(/.{1,4}/gs) ?? [code];
  return (
    <code className="c-code">
      {groups.map((group, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the groups of one code never move
        <span key={index}>{group}</span>
      ))}
    </code>
  );
}
