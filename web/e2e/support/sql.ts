/** Writes rows that no test can wait for: an evening of viewers, a hundred thousand tickets. */
import { execFile } from "node:child_process";

/** Runs SQL text in a database file with the `sqlite3` program, which waits for the platform's own writes. */
export function sqlite(file: string, sql: string): Promise<void> {
  return run("sqlite3", ["-bail", "-cmd", ".timeout 10000", file], sql);
}

/** Runs SQL text in a PostgreSQL database with the `psql` program. */
export function postgres(url: string, sql: string): Promise<void> {
  return run("psql", ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", url], sql);
}

function run(program: string, args: string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, _, stderr) =>
      error === null ? resolve() : reject(new Error(`${program}: ${stderr || error.message}`)),
    );
    child.stdin?.end(input);
  });
}
