import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { jsonSyntaxFault } from './json-syntax.ts';

/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A syntax fault and where it stands. */
export interface SyntaxFault extends Place {
  readonly message: string;
}

/** The data of a file, and where each part of it stands. */
export interface ParsedDocument {
  readonly data: unknown;
  /** Where the value at `pointer` (RFC 6901) starts; of its nearest existing ancestor where there is none. */
  locate(pointer: string): Place;
  /** Where the key that names the last step of `pointer` starts; as `locate` for an item of a list. */
  locateKey(pointer: string): Place;
}

export type ParseResult =
  | { readonly kind: 'parsed'; readonly document: ParsedDocument }
  | { readonly kind: 'malformed'; readonly faults: readonly SyntaxFault[] };

/** How often aliases may be expanded in one file: enough for a shared table, far from a billion laughs. */
const MAX_ALIAS_COUNT = 64;

/** YAML 1.2, core schema: one document, unique string keys, no unknown tags, few aliases. */
export function parseYamlDocument(text: string): ParseResult {
  const { tree, lines } = parseTree(text, 'core');
  const faults = [...tree.errors, ...tree.warnings].map((error) => ({
    ...placeAt(lines, error.pos[0]),
    message: plainMessage(error.message),
  }));
  if (faults.length > 0) return { kind: 'malformed', faults };
  try {
    const data: unknown = tree.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
    return { kind: 'parsed', document: located(data, tree.contents, lines) };
  } catch {
    const message = `aliases expand to more than ${MAX_ALIAS_COUNT} nodes or to nothing: write the values out`;
    return { kind: 'malformed', faults: [{ line: 1, column: 1, message }] };
  }
}

/**
 * JSON (RFC 8259) with unique keys. `JSON.parse` decides what is JSON and gives the data; JSON being a subset of YAML 1.2,
 * the YAML parser then tells where each part stands, and finds the duplicate keys that `JSON.parse` lets pass.
 */
export function parseJsonDocument(text: string): ParseResult {
  const { tree, lines } = parseTree(text, 'json');
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    const { offset, message } = jsonSyntaxFault(text) ?? { offset: 0, message: 'not JSON' };
    return { kind: 'malformed', faults: [{ ...placeAt(lines, offset), message }] };
  }
  const duplicates = tree.errors.filter(
    (error) => error.code === 'DUPLICATE_KEY' || error.code === 'RESOURCE_EXHAUSTION',
  );
  if (duplicates.length === 0) return { kind: 'parsed', document: located(data, tree.contents, lines) };
  const faults = duplicates.map((error) => ({ ...placeAt(lines, error.pos[0]), message: plainMessage(error.message) }));
  return { kind: 'malformed', faults };
}

function parseTree(text: string, schema: 'core' | 'json') {
  const lines = new LineCounter();
  const tree = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema,
    stringKeys: true,
    uniqueKeys: true,
    version: '1.2',
  });
  return { tree, lines };
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The parsers' messages in the house style: lower case, on one line, no full stop. */
function plainMessage(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line.charAt(0).toLowerCase() + line.slice(1);
}

function located(data: unknown, root: ParsedNode | null, lines: LineCounter): ParsedDocument {
  const place = (node: Node | null): Place => placeAt(lines, node?.range?.[0] ?? 0);
  const find = (pointer: string): { readonly key: Node | null; readonly value: Node | null } => {
    const anchors = new Map<string, Node>();
    let [key, value]: [Node | null, Node | null] = [root, root];
    for (const step of pointerSteps(pointer)) {
      const child = childOf(resolveAlias(value, root, anchors), step);
      if (child === undefined) return { key, value };
      [key, value] = [child.key ?? child.value, child.value ?? child.key];
    }
    return { key, value };
  };
  return {
    data,
    locate: (pointer) => place(find(pointer).value),
    locateKey: (pointer) => place(find(pointer).key),
  };
}

function childOf(
  node: Node | null,
  step: string,
): { readonly key: Node | null; readonly value: Node | null } | undefined {
  if (isMap<Node, Node | null>(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
    return pair && { key: pair.key, value: pair.value };
  }
  if (isSeq<Node>(node)) {
    const item = node.items[Number(step)];
    return item && { key: null, value: item };
  }
  return undefined;
}

/** The node that an alias stands for. Anchors are collected once, on the first alias met. */
function resolveAlias(node: Node | null, root: Node | null, anchors: Map<string, Node>): Node | null {
  if (!isAlias(node)) return node;
  if (anchors.size === 0) collectAnchors(root, anchors);
  return anchors.get(node.source) ?? null;
}

function collectAnchors(node: Node | null, anchors: Map<string, Node>): void {
  if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
  if (isMap<Node, Node | null>(node)) for (const pair of node.items) collectAnchors(pair.value, anchors);
  if (isSeq<Node>(node)) for (const item of node.items) collectAnchors(item, anchors);
}

/** The steps of a JSON Pointer, unescaped (RFC 6901, section 4). */
function pointerSteps(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
