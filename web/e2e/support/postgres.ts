/** A database of its own on the PostgreSQL server that the tests are given. */
import { randomBytes } from "node:crypto";
import { postgres } from "./sql";

const given = process.env.STREAMGATE_TEST_POSTGRES_URL;

export class PostgresDatabase {
  private constructor(
    readonly url: string,
    private readonly name: string,
  ) {}

  static async create(): Promise<PostgresDatabase> {
    const name = `streamgate_e2e_${randomBytes(6).toString("hex")}`;
    await postgres(serverUrl(), `CREATE DATABASE ${name};`);
    const url = new URL(serverUrl());
    url.pathname = `/${name}`;
    return new PostgresDatabase(url.href, name);
  }

  run = (sql: string) => postgres(this.url, sql);

  drop = () => postgres(serverUrl(), `DROP DATABASE ${this.name} WITH (FORCE);`);
}

function serverUrl(): string {
  if (given === undefined) throw new Error("STREAMGATE_TEST_POSTGRES_URL names no server: run `cargo xtask test`");
  return given;
}
