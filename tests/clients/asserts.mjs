// What the journeys in this folder share: each case is told by its name when it has held.
import { createRequire } from "node:module";
import { argv, env, exit } from "node:process";
import { pathToFileURL } from "node:url";

export const QUESTION = "케이뱅크는 언제 클라우드 전환을 마쳤나요?";
export const TRUTH = "2023년 5월";

// Where the servers listen, and in which state each is.
export const PLACES = JSON.parse(argv[2]);

// The packages lie where CI has put them, not beside these files.
export const installed = createRequire(pathToFileURL(`${env.SIREN_TEST_NODE_MODULES}/`));

/** Tells that a case has held, or ends with what was seen. */
export function holds(name, condition, told) {
  if (!condition) {
    console.error(name, JSON.stringify(told, null, 1));
    exit(1);
  }
  console.log(name);
}
