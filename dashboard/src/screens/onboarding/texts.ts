import type { StepName } from "./progress.ts";

const titles: Record<StepName, string> = {
  administrator: "Somebody runs this: you",
  target: "A place where changes need an approval",
  preflight: "See what works here",
  approver: "A second person",
  change: "Ask for a change",
  approval: "The second person approves",
  verified: "Watch it happen",
  undone: "Take it back",
  team: "Bring your team",
};

export const texts = {
  en: {
    title: "First steps",
    lead: "A real change, from asking for it to taking it back: approved by somebody else, watched, verified. Two minutes.",
    progress: (done: number, of: number) => `${done} of ${of} done`,
    steps: "Steps",
    titles,
    states: { done: "done", waiting: "under way", open: "to do", skipped: "skipped" },
    twin: "The same at the command line",
    optional: "if you like",
    finished: "That was the whole loop: asked, approved by somebody else, carried out, verified, and taken back.",
    administrator: (name: string, organization: string) => `You are signed in as ${name}, in ${organization}.`,
    target: (environment: string, project: string) =>
      `Changes of ${environment} in the project ${project} need an approval. A worker reaches it; nothing has to be connected to begin.`,
    targetReached: "There is an environment where changes need an approval, and a worker reaches it.",
    noWorker: "No worker is alive that reaches the environment, so what is asked for would wait. Start one:",
    noTarget: "There is no environment where changes need an approval. Make one:",
    preflight: {
      looking: "Looking …",
      fine: "Nothing required is missing.",
      broken: "Something that is required is missing or broken:",
      all: "All that was looked at",
      failed: "It could not be looked at.",
    },
    approver: {
      why: "Nobody approves their own change. Invite somebody who can; to try it out alone, be that somebody in a private window.",
      email: "Their e-mail",
      emailHint: "Nothing is sent unless a mail server is set. To try it out any address will do.",
      invite: "Invite",
      link: "The link, good once",
      sent: (email: string) => `A message with the link is on its way to ${email}.`,
      openLocal: "Open it in a private window of this browser, choose a password, and come back here.",
      openAnywhere: "Open it in a private window or on another device, choose a password, and come back here.",
      waits: (email: string) => `${email} is invited and hasn't joined yet.`,
      again: "Make a new link",
      done: "Somebody else can approve.",
      ask: "Ask an administrator to invite somebody who approves.",
    },
    change: {
      why: "This is filled in already: a small service, built from a git repository on this machine and started here. Nothing changes before it is approved.",
      environment: "Environment",
      labels: {
        service: "Name of the service",
        repository: "Git repository",
        port: "Port that it answers on",
      } as Record<string, string | undefined>,
      run: "Run it",
      done: "A change was asked for.",
      none: "This server has no example to try: it needs git, and a worker on the same machine. Run something of your own:",
      mayNot: "Your role may look, and not run. Somebody with the role operator can.",
    },
    run: {
      look: "Look at the run",
      decide: "Look at it and decide",
      forThem: "For the second person's window: the same run",
    },
    approval: {
      waitsForOther:
        "Gantry fetched and built it, shows exactly what would change, and waits. In the second person's window, open this and approve:",
      prepares: "Gantry fetches and builds it now, to show exactly what would change. Then it waits for the approval.",
      yours: "Somebody asked for it, and you can approve it.",
      done: "Somebody else approved exactly what was shown.",
      later: "Once a change is asked for, it stops here.",
    },
    verified: {
      now: "It starts beside nothing, is probed, gets the traffic, and is verified with evidence.",
      done: "It was carried out and verified.",
      answers: "It answers at",
      later: "After the approval: live, step by step.",
    },
    undone: {
      why: "What was done can be taken back. That is a change too, so the second person approves it.",
      undo: "Undo it",
      reason: "It was only a try",
      waits: "The undo waits for the second person's approval:",
      runs: "It is being taken back.",
      done: "It is taken back: what was added is gone.",
      later: "Once it was carried out.",
    },
    team: {
      why: "Invite people, put them into teams, and give teams their roles. Then your own repository: it says how it is built, started and probed in gantry.service.json.",
      done: "People are in a team.",
    },
  },
};
