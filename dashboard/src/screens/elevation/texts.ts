export const texts = {
  en: {
    act: "Act for the installation",
    title: "Act for the whole installation?",
    says: "For 15 minutes this browser session may do what concerns everybody here: workers, backups, people of all organizations. What you do is recorded under your name. It ends by itself, or when you end it.",
    codeHint: "Wait for new ones if you have just used those that it shows.",
    withCode: "Go on with the code",
    withPasskey: "Use a passkey",
    noFactor:
      "This takes more than your password, and you have nothing else set up yet. Add an authenticator app on your telephone, or a passkey of this device, on your account's page; then come back.",
    toAccount: "Set one up on your account's page",
    bar: (left: string) => `You act for the whole installation: ${left} left.`,
    end: "End it",
  },
};
