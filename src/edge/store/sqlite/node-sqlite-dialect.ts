import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { safeInteger } from '../tables.ts';

/** Statements that are kept prepared; the queries of a store are fewer. */
const STATEMENT_LIMIT = 64;

type Row = Record<string, unknown>;

/** Kysely over a `node:sqlite` connection that was opened with `readBigInts`. The caller keeps and closes the connection. */
export function createNodeSqliteDialect(connection: DatabaseSync): SqliteDialect {
  const prepared = new Map<string, SqliteStatement>();
  const database: SqliteDatabase = {
    close: () => {},
    prepare: (sql) => {
      let statement = prepared.get(sql);
      if (statement === undefined) {
        if (prepared.size >= STATEMENT_LIMIT) prepared.clear();
        statement = asStatement(connection.prepare(sql));
        prepared.set(sql, statement);
      }
      return statement;
    },
  };
  return new SqliteDialect({ database });
}

function asStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)).map(withNumbers),
    run: (parameters) => statement.run(...values(parameters)),
    *iterate(parameters) {
      for (const row of statement.iterate(...values(parameters))) yield withNumbers(row);
    },
  };
}

/** Read as bigint and narrowed here: `node:sqlite` throws for an integer beyond the safe ones, which hides where it stands. */
function withNumbers(row: Row): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'bigint') row[name] = safeInteger(value);
  }
  return row;
}
