/** Words of the trade: what means nothing by itself, and what means the same. Generic; nothing here knows a runbook. */

const list = (text: string): string[] => text.trim().split(/\s+/);

/** Without a meaning of their own in a goal. */
export const stopWords: ReadonlySet<string> = new Set(
  list(`
  a an the this that these those some any each every all both either whichever our my your their his her its one's us me i we you u he
  she it they them him someone somebody anyone anybody everyone everybody nobody something anything everything
  is are was were be been being am do does did done has have had having can could would should will shall may might must
  and or but so then than also too just only even still again already yet once first before after while when since until till
  of in on at to from for with by as into onto off out over under up down via per about through without within between during
  please pls plz kindly thanks thank thx asap now immediately right away soon urgently quickly quick hey hi hello dear ok okay
  want wants wanted need needs needed like let lets id i'd i'm im we're it's that's let's
  if because there here which who whom whose what
  able called named name names env environment environments area side thing things stuff
  = -> - & + /
  der die das den dem ein eine einen einem bitte mal in auf und oder mit ohne für von aus im am zu
  `),
);

/** Say how many there are of something, so that it isn't one. */
export const quantifiers: ReadonlySet<string> = new Set(list(`all every each both everything either whichever any`));

/** Before what isn't wanted. */
export const negations: ReadonlySet<string> = new Set(
  list(`not don't dont never no without doesn't shouldn't won't cannot can't mustn't nicht kein keine nie`),
);

/** First words of sentences that want to know something rather than have something done. */
export const questionWords: ReadonlySet<string> = new Set(
  list(`how why when what what's whats who who's whose where which did does is are was were wie warum wann was wer wo`),
);

/** Verbs that get their meaning from a particle, which may stand a few words later: `turn dark-mode off`. */
export const particles: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries({
    turn: "on off",
    switch: "on off",
    take: "down away",
    shut: "down off",
    lock: "out",
    bring: "back up down",
    roll: "back out",
    back: "up",
    tear: "down",
    go: "back",
    set: "up",
    scale: "up down in out",
    power: "cycle",
    start: "again",
    spin: "up",
    get: "rid",
    clean: "up out",
    throw: "away",
    put: "back",
    starten: "neu",
    starte: "neu",
    neu: "starten",
  }).map(([verb, words]) => [verb, new Set(list(words))]),
);

/**
 * Words that may stand for each other. A word may be in several groups. The match is worth less than that of the word itself, so a
 * runbook that uses the very word wins.
 */
const groups: readonly string[][] = `
  restart bounce kick reload recycle starteneu neustarten startagain neustart startenneu starteneu neustarten
  reboot powercycle
  delete remove drop erase wipe nuke destroy getrid kill trash lösche löschen
  purge empty clear flush truncate invalidate cleanout cleanup throwaway discard drain
  create make new add provision setup spinup erstelle
  scale increase reduce replica instance pod scaleup scaledown scalein scaleout
  resize grow enlarge extend expand bigger larger increase more space
  rotate renew replace roll regenerate exchange
  backup dump snapshot sichere copy
  restore recover bringback rollback
  promote move take bring graduate
  block ban blacklist deny blackhole attack
  drain cordon evacuate empty off
  grant give allow permit add make
  revoke remove lockout offboard withdraw takeaway leave
  silence mute snooze quiet stop
  upgrade update
  patch update upgrade install os
  enable activate turnon switchon
  disable deactivate turnoff switchoff
  collect get fetch download gather show see
  deploy ship release rollout publish live
  rollback revert undo goback earlier previous putback
  stop shutdown takedown bringdown halt terminate shutoff
  recover bringback bringup startagain
  teardown destroy remove
  database db
  host server machine box vm
  volume disk storage
  certificate cert tls ssl expire
  kubernetes k8s cluster
  secret credential password key token
  address ip network
  alert alarm page
  user person account
  bucket s3
  flag feature toggle
  access permission right role
  service app application
  loadtest stress benchmark hammer rps
  infrastructure infra
  terraform tofu opentofu
  record dns cname
  name domain
  `
  .trim()
  .split("\n")
  .map(list);

/** What a word may stand for besides itself. */
export const synonyms: ReadonlyMap<string, ReadonlySet<string>> = groups.reduce((all, group) => {
  for (const word of group) {
    const known = all.get(word) ?? new Set<string>();
    for (const other of group) if (other !== word) known.add(other);
    all.set(word, known);
  }
  return all;
}, new Map<string, Set<string>>());
