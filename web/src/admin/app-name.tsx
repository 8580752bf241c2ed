import { createContext, useContext } from "react";

export const AppName = createContext("StreamGate");

/** The name of this installation. */
export const useAppName = () => useContext(AppName);
