/** Names of our metrics in a query; functions, labels and words of the language left out. */
export function metricsIn(query: string): string[] {
  const bare = query
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/\b(?:media|process|nodejs)[_:][a-zA-Z0-9_:]*/g)].map(([name]) => name);
}
