import { Heading } from "./heading";
import { SiteLink } from "./site-link";

// The code of conduct is this file. Replace it by your own; the footer of every page names the contact.

/** Whom people turn to with questions, as the end of "Contact ...": an email address or a phone number helps most. */
export const CONTACT = "an administrator of this site";

export function Conduct() {
  return (
    <article className="narrow prose">
      <div className="intro">
        <Heading>Code of conduct</Heading>
        <p>What we expect of everybody who takes part, here and at our events, and what you can do when it is broken.</p>
      </div>
      <h2>What we expect</h2>
      <p>
        Everybody is welcome: people of any age, body, origin, gender, faith, income or experience. Be kind and
        patient. Listen, disagree about things and not about people, and accept a no. If you hurt somebody, apologise and
        stop.
      </p>
      <h2>What is not accepted</h2>
      <ul>
        <li>Insults, threats, and jokes at the expense of others</li>
        <li>Sexual attention that is not wanted, in words, pictures or deeds</li>
        <li>Following, photographing or touching people against their will</li>
        <li>Shouting people down, and disturbing talks on purpose</li>
        <li>Publishing what people told you in confidence, such as where they live</li>
        <li>Taking revenge on somebody who reported something</li>
      </ul>
      <h2>If something happened</h2>
      <p>
        In danger, call the emergency services first. Otherwise <SiteLink href="/reports/new">file a report</SiteLink>: about
        yourself or about somebody else, certain or not. Say as much as you want to. Responders read it and talk with
        you before they do anything that concerns you. A responder whom a report is about does not see it.
      </p>
      <h2>What follows</h2>
      <p>
        Responders can ask people to stop, take them out of an event, or exclude them for good. You see each step of your
        report and can comment on it at any time.
      </p>
      <h2>Contact</h2>
      <p>Questions about this page, or no wish to write here? Contact {CONTACT}.</p>
    </article>
  );
}
