import { focusHeading } from "@/lib/focus";

interface Props {
  message: string;
  onRetry: () => void;
}

/** What went wrong while something was loaded, and the way to try again. */
export function Failure({ message, onRetry }: Props) {
  function retry() {
    focusHeading(); // this button is about to go
    onRetry();
  }
  return (
    <div className="failure" role="alert">
      <p>{message}</p>
      <button type="button" className="quiet" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
