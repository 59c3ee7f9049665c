// What scripts add to pages that work without them. Every module looks for its own part of the page and may find none.
import { startTheme } from "./chrome.js";
import { startAsking } from "./ask.js";
import { startPane } from "./pane.js";
import { startCard } from "./card.js";
import { startCopying } from "./copy.js";
import { startPast } from "./past.js";
import { startKeys } from "./keys.js";
import { startFeedback } from "./feedback.js";
import { startIndex } from "./index.js";
import { startAdding } from "./adding.js";

startTheme();
startPast();
startAsking();
startPane();
startCard();
startCopying();
startKeys();
startFeedback();
startIndex();
startAdding();
