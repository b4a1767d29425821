/**
 * What models say while they say it: from the worker that asks to whoever reads the run's events, by way of PostgreSQL's notifications,
 * and only while anybody reads. Nothing of it is kept: the journal has each answer whole. Imported by the composition root, the runner and the API.
 */
export { createLiveAnswers, type LiveAnswers } from "./live-answers.ts";
export { createReaders, type Readers } from "./readers.ts";
